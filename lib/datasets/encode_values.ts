import { ServiceError } from "../service_error.ts";
import { showValue } from "../show_value.ts";
import { SHOWN_CHARACTERS_MAX } from "./sample_source.ts";

/** Numbers over time. */
export interface Series {
  /** Number of points in time. */
  steps: number;
  /** Numbers at each of them. */
  channels: number;
  /** `[steps, channels]` float32, row-major. */
  values: Float32Array<ArrayBuffer>;
}

const HEADER_BYTES = 8;

/**
 * Makes the bytes of a vector: its values as float32 little endian.
 *
 * @throws {ServiceError} `invalid_sample` when there are none, or one is not finite as a float32.
 */
export function encodeVector(values: readonly unknown[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readNumbers(values).buffer);
}

/** Reads the values of a vector; float32. */
export function decodeVector(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  // A copy, as bytes may lie where float32 cannot.
  return new Float32Array(bytes.slice().buffer);
}

/**
 * Makes the bytes of a series: the number of steps and of channels as uint32, then the values as
 * float32, all little endian.
 *
 * @param rows numbers, which are steps of one channel, or a list of numbers for each step
 * @throws {ServiceError} `invalid_sample` when it is empty, when its steps have different numbers of
 * channels, or when a value is not finite as a float32.
 */
export function encodeSeries(rows: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const steps = rows.map((row) => Array.isArray(row) ? row : [row]);
  const channels = steps[0]?.length ?? 0;
  const uneven = steps.find((step) => step.length !== channels);
  if (uneven) {
    throw new ServiceError(
      "invalid_sample",
      `Cannot read series as its steps must have ${channels} values each: one has ${uneven.length}`,
    );
  }
  const values = readNumbers(steps.flat());
  const bytes = new Uint8Array(HEADER_BYTES + values.byteLength);
  new Uint32Array(bytes.buffer, 0, 2).set([steps.length, channels]);
  new Float32Array(bytes.buffer, HEADER_BYTES).set(values);
  return bytes;
}

/**
 * Reads what {@linkcode encodeSeries} wrote.
 *
 * @throws {RangeError} when the bytes are something else.
 */
export function decodeSeries(bytes: Uint8Array<ArrayBuffer>): Series {
  const { buffer } = bytes.slice();
  const [steps = 0, channels = 0] = buffer.byteLength < HEADER_BYTES
    ? []
    : new Uint32Array(buffer, 0, 2);
  if (buffer.byteLength !== HEADER_BYTES + 4 * steps * channels || steps * channels === 0) {
    throw new RangeError(
      `Cannot decode series as ${steps} steps of ${channels} channels must have ` +
        `${HEADER_BYTES + 4 * steps * channels} bytes: ${buffer.byteLength}`,
    );
  }
  return { steps, channels, values: new Float32Array(buffer, HEADER_BYTES) };
}

function readNumbers(values: readonly unknown[]): Float32Array<ArrayBuffer> {
  if (values.length === 0) {
    throw new ServiceError("invalid_sample", "Cannot read sample as it must have a value: none");
  }
  const numbers = new Float32Array(values.length);
  values.forEach((value, index) => {
    numbers[index] = typeof value === "number" ? value : NaN;
    if (Number.isFinite(numbers[index])) return;
    throw new ServiceError(
      "invalid_sample",
      `Cannot read sample as value ${index + 1} must be a finite number: ${
        showValue(value, SHOWN_CHARACTERS_MAX)
      }`,
    );
  });
  return numbers;
}
