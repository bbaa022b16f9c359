import { assertEquals } from "@std/assert";
import type { KnownModel } from "../../models/model_source.ts";
import { describeVersion } from "../../routes/describe_version.ts";
import { modelVersionSchema } from "../../routes/version_schemas.ts";
import { makeKnown } from "../models/memory_source.ts";
import { BACKBONE, makeTrainedCard } from "../models/stored/stored_fixtures.ts";
import { ENTRY } from "./test_app.ts";

const place = { labels: { stable: 2, canary: 2, old: 1 }, url: "http://host/v1/models/tiny" };

function describe(overrides: Partial<KnownModel> = {}) {
  const known = { ...makeKnown(ENTRY, { version: 2 }), ...overrides };
  const described = describeVersion({ known, state: "available", served: undefined }, place);
  // What is told is what the schema says.
  assertEquals(modelVersionSchema.strict().parse(described), described);
  return described;
}

Deno.test("describeVersion() gives the card of a trained version", () => {
  const card = makeTrainedCard({
    unknown: {
      threshold: 0.5,
      temperature: 2,
      metrics: { source: "a test", values: { auroc: 1 } },
    },
    warnings: [{ code: "too_few_samples", message: "Add some" }],
  });
  const version = describe({ stored: { card, jobId: "ftjob-1", createdAt: 86_400_000 } });
  assertEquals(version.version_labels, ["stable", "canary"]);
  assertEquals([version.created_at, version.job_id], ["1970-01-02T00:00:00.000Z", "ftjob-1"]);
  assertEquals(version.urls.classify, "http://host/v1/models/tiny/versions/2:classify");
  assertEquals(version.origin, {
    kind: "trained",
    method: "supervised",
    base: { model: "primary", version: 1, backbone_sha256: BACKBONE.hash },
    dataset: { name: "pets", sha256: "d".repeat(64), samples: 20, classes: 2 },
    hyperparameters: { epochs: 5 },
    seed: 1,
    duration_ms: 100,
  });
  assertEquals(version.unknown?.metrics.values, { auroc: 1 });
  assertEquals(version.warnings?.[0]?.code, "too_few_samples");
});

Deno.test("describeVersion() gives the card of an imported version", () => {
  const origin = {
    kind: "imported",
    writer: "tfjs",
    format: "tfjs-graph",
    sha256: "f".repeat(64),
  } as const;
  const card = makeTrainedCard({ origin });
  const version = describe({ stored: { card, jobId: null, createdAt: 0 } });
  assertEquals(version.origin, {
    kind: "imported",
    writer: "tfjs",
    format: "tfjs-graph",
    sha256: "f".repeat(64),
  });
  assertEquals(version.job_id, undefined);
});

Deno.test("describeVersion() gives no origin where the model comes with the service", () => {
  const version = describe();
  assertEquals([version.origin, version.created_at, version.warnings], [
    undefined,
    undefined,
    undefined,
  ]);
});
