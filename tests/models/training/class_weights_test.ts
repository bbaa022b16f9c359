import { assertEquals } from "@std/assert";
import { weighClasses } from "../../../models/training/class_weights.ts";

Deno.test("weighClasses() makes classes count alike, as scikit-learn does, or samples", () => {
  const samples = { classes: Int32Array.of(0, 0, 0, 1, 2, 2), classCount: 3 };
  assertEquals([...weighClasses(samples, "none")], [1, 1, 1]);
  // compute_class_weight("balanced", ...) of scikit-learn 1.2.1
  assertEquals([...weighClasses(samples, "balanced")], [6 / 9, 2, 1]);
});
