import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { calibrationError } from "../../lib/calibration_error.ts";

Deno.test("calibrationError() weighs the gap of each bin by its samples", () => {
  // Bins 12 and 15: |0.75 - 0.5| over two samples, |1 - 0| over one.
  const error = calibrationError([0.74, 0.76, 1], [true, false, false]);
  assertAlmostEquals(error, (2 * 0.25 + 1) / 3, 1e-9);
});

Deno.test("calibrationError() counts the upper end of a bin in", () => {
  // 1 / 15 and 0 would cancel in one bin; 0 has a bin of its own.
  assertAlmostEquals(calibrationError([1 / 15, 0], [false, true]), (1 / 15 + 1) / 2, 1e-9);
});

Deno.test("calibrationError() is 0 where there are no samples", () => {
  assertEquals(calibrationError([], []), 0);
});

Deno.test("calibrationError() throws when the lists have different lengths", () => {
  assertThrows(() => calibrationError([0.5], []), TypeError, "1 and 0 were given");
});
