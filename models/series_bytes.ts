import { refuseSeries, refuseValue, requireSteps, type SeriesInput } from "./series_input.ts";

const NUMBER_BYTES = 4;

/**
 * Takes a series that came as float32 little endian, row-major: one row of channels for each step.
 *
 * @param bytes the whole series; the result may be a view of the same memory
 * @param options.shape steps and channels as the client states them; from the bytes by default
 * @returns `[steps, channels]` float32, finite
 * @throws {ServiceError} `invalid_value` if the shape does not fit the model or the bytes, if the
 *   series is empty or too long, or if a value is not finite
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readSeriesBytes } from "./series_bytes.ts";
 *
 * const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
 * const series = readSeriesBytes(bytes, { channels: 2, stepsMax: 10 }, { shape: [2, 2] });
 * assertEquals(series, Float32Array.of(1, 2, 3, 4));
 * ```
 */
export function readSeriesBytes(
  bytes: Uint8Array<ArrayBuffer>,
  { channels, stepsMax }: SeriesInput,
  { shape }: { shape?: readonly number[] } = {},
): Float32Array<ArrayBuffer> {
  const stepBytes = channels * NUMBER_BYTES;
  const [steps = NaN, stepChannels] = shape ?? [bytes.length / stepBytes, channels];
  if (shape && (shape.length !== 2 || stepChannels !== channels)) {
    throw refuseSeries(`its shape must be steps,${channels}: found ${shape.join(",")}`);
  }
  if (shape && bytes.length !== steps * stepBytes) {
    throw refuseSeries(
      `it must have ${steps * stepBytes} bytes for the shape ${shape.join(",")}: ` +
        `it has ${bytes.length}`,
    );
  }
  if (!Number.isInteger(steps)) {
    throw refuseSeries(`each step must have ${stepBytes} bytes: there are ${bytes.length} in all`);
  }
  requireSteps(steps, stepsMax);
  const values = toFloats(bytes);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return values;
  const place = { step: Math.floor(wrong / channels), channel: wrong % channels };
  throw refuseValue(place, String(values[wrong]));
}

/** Every processor that Deno runs on is little endian, so that an array is the bytes themselves. */
function toFloats(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const isAligned = bytes.byteOffset % NUMBER_BYTES === 0;
  const { buffer, byteOffset, length } = isAligned ? bytes : bytes.slice();
  return new Float32Array(buffer, byteOffset, length / NUMBER_BYTES);
}
