import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  type ClassDirections,
  findDirection,
  scoreUnknown,
} from "../../../models/heads/score_unknown.ts";

const CLASSES: ClassDirections = {
  threshold: 0.5,
  mean: Float32Array.of(1, 1),
  factor: Float32Array.of(1, 2),
  directions: Float32Array.of(1, 0, 0, -1),
};

Deno.test("scoreUnknown() measures the angle to the nearest class, whatever the length", () => {
  // Standardised: (3, 0), (0, 2) and (3, -3).
  const scores = [[4, 1], [1, 2], [4, -0.5]].map((feature) =>
    scoreUnknown(CLASSES, Float32Array.from(feature))
  );
  [0, 1, 1 - Math.SQRT1_2].forEach((expected, i) =>
    assertAlmostEquals(scores[i]?.score ?? NaN, expected, 1e-6)
  );
  assertEquals(scores.map(({ unknown }) => unknown), [false, true, false]);
});

Deno.test("scoreUnknown() is unknown above the threshold, not at it", () => {
  const classes = { ...CLASSES, threshold: 1 };
  assertEquals(scoreUnknown(classes, Float32Array.of(1, 2)), { score: 1, unknown: false });
  // A sample at the mean is in no direction.
  assertEquals(scoreUnknown(CLASSES, Float32Array.of(1, 1)), { score: 1, unknown: true });
});

Deno.test("scoreUnknown() throws when the feature vector has another length", () => {
  const score = () => scoreUnknown(CLASSES, Float32Array.of(1));
  assertThrows(score, TypeError, "must be 2: current value is 1");
});

Deno.test("findDirection() has length 1, or none for a sample at the mean", () => {
  const direction = findDirection(CLASSES, Float32Array.of(4, -1));
  assertAlmostEquals(Math.hypot(...direction), 1, 1e-12);
  assertEquals([...findDirection(CLASSES, CLASSES.mean)], [0, 0]);
});
