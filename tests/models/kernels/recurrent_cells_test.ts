import { assertEquals } from "@std/assert";
import { padUnits } from "../../../models/kernels/recurrent_cells.ts";

Deno.test("padUnits() rounds up to whole panels of eight", () => {
  assertEquals([1, 7, 8, 9, 128, 129].map(padUnits), [8, 8, 8, 16, 128, 136]);
});
