import { assertEquals } from "@std/assert";
import { describeVersion } from "../../../models/training/describe_version.ts";
import { TINY_INPUT } from "../tiny_model.ts";
import { NAMES, TRAINED } from "./trained_fixture.ts";

const FACTS = {
  ...NAMES,
  job: { dataset: "pets", datasetHash: "abc", hyperparameters: { seed: 3, l2: 1 } },
  base: {
    card: { model: "tiny", version: 2, backboneSha256: "ff" },
    description: { description: "Tiny", licence: "MIT", source: "https://example.org" },
  },
  input: TINY_INPUT,
  durationMs: 12,
};
const DETECTOR = {
  temperature: 1.5,
  threshold: 0.4,
  mean: new Float32Array(1),
  factor: new Float32Array(1),
  directions: new Float32Array(2),
};

Deno.test("describeVersion() says what the version is and how it came about", () => {
  const card = describeVersion(TRAINED, FACTS);
  assertEquals(card.description, "2 classes of the dataset pets, on tiny");
  assertEquals([card.licence, card.source, card.input], [
    "MIT",
    "https://example.org",
    TINY_INPUT,
  ]);
  assertEquals(card.labels, ["cat", "dog"]);
  assertEquals(card.metrics.source, "the 3 validation samples of pets");
  assertEquals(card.metrics.values.accuracy, 2 / 3);
  assertEquals(card.warnings.length, 4);
  assertEquals(card.unknown, undefined);
  const { origin } = card;
  if (origin.kind !== "trained") throw new TypeError("The version must be trained");
  assertEquals(origin.base, FACTS.base.card);
  assertEquals(origin.dataset, { name: "pets", sha256: "abc", samples: 3, classes: 2 });
  const { l2, optimizer } = origin.hyperparameters;
  assertEquals([origin.seed, origin.durationMs, l2, optimizer], [3, 12, 1, "lbfgs"]);
});

Deno.test("describeVersion() says how well unknown inputs are told", () => {
  const quality = { auroc: 0.9, falsePositiveRate: 0.2, measuredOn: "negatives" as const };
  const measured = { ...TRAINED, detector: DETECTOR, detectionQuality: quality };
  assertEquals(describeVersion(measured, FACTS).unknown?.metrics, {
    source: "the samples of pets that belong to no class",
    values: { auroc: 0.9, false_positive_rate: 0.2 },
  });
  const unmeasured = describeVersion({ ...TRAINED, detector: DETECTOR }, FACTS).unknown;
  assertEquals(unmeasured?.metrics.values, {});
});
