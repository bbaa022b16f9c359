import { ServiceError } from "../lib/service_error.ts";
import { showValue } from "../lib/show_value.ts";

/** Longest series of a network that sets no limit itself. */
export const SERIES_STEPS_MAX = 1_000_000;

/** The measurements that a network was trained on. */
export interface SeriesInput {
  /** Numbers measured at every step. */
  channels: number;
  /** Longest series. */
  stepsMax: number;
  /** Steps in a second, where the network was trained at one rate. */
  stepsPerSecond?: number | undefined;
}

/**
 * Packs the rows of a series, one row for each step.
 *
 * @param rows what the client sent, of whatever form
 * @returns `[steps, channels]` float32, row-major, finite, in an array of its own
 * @throws {ServiceError} `invalid_value` if it is no list of rows, if it is empty or too long, if a
 *   row has another length than `channels`, or if a value is no finite float32 number
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { packSeries } from "./series_input.ts";
 *
 * const series = packSeries([[1, 2], [3, 4]], { channels: 2, stepsMax: 10 });
 * assertEquals(series, Float32Array.of(1, 2, 3, 4));
 * ```
 */
export function packSeries(
  rows: unknown,
  { channels, stepsMax }: SeriesInput,
): Float32Array<ArrayBuffer> {
  if (!Array.isArray(rows)) {
    throw refuseSeries(`it must be a list of rows: found ${showValue(rows)}`);
  }
  requireSteps(rows.length, stepsMax);
  const values = new Float32Array(rows.length * channels);
  for (const [step, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== channels) {
      const found = Array.isArray(row) ? `${row.length}` : showValue(row);
      throw refuseSeries(`each row must have ${channels} numbers: row ${step} has ${found}`);
    }
    for (const [channel, value] of row.entries()) {
      if (typeof value !== "number" || !Number.isFinite(Math.fround(value))) {
        throw refuseValue({ step, channel }, showValue(value));
      }
      values[step * channels + channel] = value;
    }
  }
  return values;
}

/**
 * Refuses a series that is empty or too long.
 *
 * @throws {ServiceError} `invalid_value`
 */
export function requireSteps(steps: number, stepsMax: number): void {
  if (steps >= 1 && steps <= stepsMax) return;
  throw refuseSeries(`it must have 1 to ${stepsMax} steps: current number is ${steps}`);
}

/** The error of a value that is no finite float32 number. */
export function refuseValue(
  { step, channel }: { step: number; channel: number },
  found: string,
): ServiceError {
  return refuseSeries(
    `each value must be a finite float32 number: row ${step}, channel ${channel} is ${found}`,
  );
}

/** The error of a series that breaks a rule. */
export function refuseSeries(rule: string): ServiceError {
  return new ServiceError("invalid_value", `Cannot read the series as ${rule}`);
}
