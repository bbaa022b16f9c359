import { assertEquals, assertThrows } from "@std/assert";
import type { JobSample } from "../../../lib/storage/jobs/job_samples.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { labelSamples, listTrainedClasses } from "../../../models/training/label_samples.ts";

const SAMPLES: JobSample[] = ["dog", "cat", "noise", "dog"].map((name, index) => ({
  sampleId: `sample-${index}`,
  sha256: `${index}`,
  class: name,
  name: `${index}.png`,
}));
const COLLECTED = {
  samples: SAMPLES,
  length: 2,
  features: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
  views: [Float32Array.of(10, 11, 12, 13, 14, 15, 16, 17)],
  rejected: [],
};

Deno.test("labelSamples() numbers the classes in the order of their names", () => {
  const { classNames, labelled, negatives, trained } = labelSamples(COLLECTED, undefined);
  assertEquals(classNames, ["cat", "dog", "noise"]);
  assertEquals([...labelled.classes], [1, 0, 2, 1]);
  assertEquals([labelled.features, labelled.views], [COLLECTED.features, COLLECTED.views]);
  assertEquals([labelled.length, labelled.classCount, negatives], [2, 3, undefined]);
  assertEquals(trained, SAMPLES);
});

Deno.test("labelSamples() keeps samples of no class apart", () => {
  const { classNames, labelled, negatives, trained } = labelSamples(COLLECTED, "noise");
  assertEquals(classNames, ["cat", "dog"]);
  assertEquals([...labelled.classes], [1, 0, 1]);
  assertEquals([...labelled.features], [0, 1, 2, 3, 6, 7]);
  assertEquals([...labelled.views?.[0] ?? []], [10, 11, 12, 13, 16, 17]);
  assertEquals(negatives, { features: Float32Array.of(4, 5), length: 2 });
  assertEquals(trained.map(({ sampleId }) => sampleId), ["sample-0", "sample-1", "sample-3"]);
});

Deno.test("listTrainedClasses() refuses fewer than two classes and an unknown negative one", () => {
  const refuse = (samples: JobSample[], negative?: string) => {
    const error = assertThrows(() => listTrainedClasses(samples, negative), ServiceError);
    return [error.code, error.param];
  };
  assertEquals(refuse([]), ["invalid_value", "training_file"]);
  assertEquals(refuse(SAMPLES.slice(0, 1)), ["invalid_value", "training_file"]);
  assertEquals(refuse(SAMPLES.slice(0, 2), "cat"), ["invalid_value", "training_file"]);
  assertEquals(refuse(SAMPLES, "bird"), ["invalid_value", "negative"]);
});
