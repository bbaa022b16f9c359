import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type LinePoint, searchLine } from "../../lib/search_line.ts";

function createLine(value: (step: number) => number, slope: (step: number) => number) {
  let evaluations = 0;
  const evaluate = (step: number): LinePoint => {
    evaluations++;
    return { step, value: value(step), slope: slope(step) };
  };
  return {
    evaluate,
    start: { step: 0, value: value(0), slope: slope(0) },
    count: () => evaluations,
  };
}

Deno.test("searchLine() finds the minimum of a parabola in two evaluations", () => {
  const line = createLine((x) => (x - 5) ** 2, (x) => 2 * (x - 5));
  const point = searchLine(line.evaluate, line.start, { firstStep: 1, slopePart: 0.01 });
  assertAlmostEquals(point?.step ?? NaN, 5, 1e-9);
  assertEquals(line.count(), 2);
});

Deno.test("searchLine() takes the first step where its slope is small enough", () => {
  const line = createLine((x) => (x - 5) ** 2, (x) => 2 * (x - 5));
  const point = searchLine(line.evaluate, line.start, { firstStep: 1, slopePart: 0.9 });
  assertEquals(point?.step, 1);
});

Deno.test("searchLine() meets the strong Wolfe conditions where the first step is far off", () => {
  for (const firstStep of [1e-3, 1, 1e3]) {
    // The function (2.1) of More and Thuente 1994 with beta = 2.
    const line = createLine((x) => -x / (x * x + 2), (x) => (x * x - 2) / (x * x + 2) ** 2);
    const point = searchLine(line.evaluate, line.start, { firstStep, slopePart: 0.1 });
    assert(point && point.value < line.start.value);
    assert(Math.abs(point.slope) <= 0.1 * Math.abs(line.start.slope));
  }
});

Deno.test("searchLine() steps back from where the function is not finite", () => {
  const line = createLine((x) => x < 1 ? x * x - x : NaN, (x) => x < 1 ? 2 * x - 1 : NaN);
  const point = searchLine(line.evaluate, line.start, { firstStep: 8, slopePart: 0.1 });
  assertAlmostEquals(point?.step ?? NaN, 0.5, 0.05);
});

Deno.test("searchLine() gives nothing where no step lowers the value", () => {
  const line = createLine((x) => x === 0 ? 0 : 1, () => -1);
  assertEquals(searchLine(line.evaluate, line.start, { firstStep: 1, slopePart: 0.1 }), undefined);
});

Deno.test("searchLine() throws when the slope at the start is not negative", () => {
  const line = createLine((x) => x, () => 1);
  assertThrows(
    () => searchLine(line.evaluate, line.start, { firstStep: 1, slopePart: 0.1 }),
    RangeError,
    "current value is 1",
  );
});
