import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import {
  checkLabelledFeatures,
  countClasses,
  type LabelledFeatures,
  selectSamples,
} from "../../../models/training/labelled_features.ts";

const SAMPLES: LabelledFeatures = {
  features: Float32Array.of(1, 2, 3, 4, 5, 6),
  length: 2,
  classes: Uint16Array.of(1, 0, 1),
  classCount: 2,
};

Deno.test("countClasses() counts the samples of each class", () => {
  assertEquals([...countClasses(SAMPLES)], [1, 2]);
});

Deno.test("checkLabelledFeatures() takes samples that belong together", () => {
  checkLabelledFeatures(SAMPLES);
  checkLabelledFeatures({ ...SAMPLES, features: Float32Array.of(-3e38, 3e38, 0, 0, 0, 1e-45) });
});

Deno.test("checkLabelledFeatures() refuses what a client can send", () => {
  const wrong: [Partial<LabelledFeatures>, string][] = [
    [{ classes: Uint16Array.of(0, 0, 0), classCount: 1 }, "at least 2 classes: current value is 1"],
    [{ features: new Float32Array(), classes: new Uint16Array(), classCount: 0 }, "at least 2"],
    [{ classCount: 3 }, "class 2 has none"],
    [{ features: Float32Array.of(1, 2, 3, NaN, 5, 6) }, "feature 1 of sample 1 is NaN"],
    [{ views: [new Float32Array(6).fill(NaN)] }, "feature 0 of sample 0 is NaN"],
    [{ features: Float32Array.of(1, 2, 3, 4, -Infinity, 6) }, "feature 0 of sample 2 is -Infinity"],
  ];
  for (const [part, message] of wrong) {
    const check = () => checkLabelledFeatures({ ...SAMPLES, ...part });
    assertEquals(assertThrows(check, ServiceError, message).code, "invalid_value");
  }
});

Deno.test("checkLabelledFeatures() throws when arrays do not belong together", () => {
  const check = (part: Partial<LabelledFeatures>) => () =>
    checkLabelledFeatures({ ...SAMPLES, ...part });
  assertThrows(check({ length: 3 }), TypeError, "must have 9 features: 6 were given");
  assertThrows(check({ views: [new Float32Array(5)] }), TypeError, "6 features: one has 5");
  assertThrows(check({ classes: Int32Array.of(0, 1, 2) }), RangeError, "current value is 2");
  assertThrows(check({ classes: Int32Array.of(0, 1, -1) }), RangeError, "current value is -1");
});

Deno.test("selectSamples() copies rows and classes in the order given", () => {
  const selected = selectSamples(SAMPLES, Uint32Array.of(2, 0));
  assertEquals([...selected.features], [5, 6, 1, 2]);
  assertEquals([...selected.classes], [1, 1]);
  assertEquals(selectSamples(SAMPLES, new Uint32Array()).features.length, 0);
  const view = Float32Array.of(10, 20, 30, 40, 50, 60);
  const { views } = selectSamples({ ...SAMPLES, views: [view] }, Uint32Array.of(1));
  assertEquals(views, [Float32Array.of(30, 40)]);
});
