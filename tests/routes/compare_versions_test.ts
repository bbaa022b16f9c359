import { assertEquals } from "@std/assert";
import { compareVersions } from "../../routes/compare_versions.ts";
import { describeVersion } from "../../routes/describe_version.ts";
import type { ModelVersion } from "../../routes/version_schemas.ts";
import { ENTRY } from "./test_app.ts";
import { makeKnown } from "../models/memory_source.ts";
import { makeTrainedCard } from "../models/stored/stored_fixtures.ts";

function makeVersion(
  version: number,
  values: Record<string, number>,
  hyperparameters: Record<string, unknown>,
): ModelVersion {
  const { origin, ...card } = makeTrainedCard();
  const stored = {
    card: { ...card, origin: { ...origin, hyperparameters } as typeof origin },
    jobId: "ftjob-1",
    createdAt: 0,
  };
  const metrics = { source: "a test", values };
  const known = { ...makeKnown({ ...ENTRY, metrics }, { version }), stored };
  return describeVersion(
    { known, state: "available", served: undefined },
    { labels: {}, url: "http://host" },
  );
}

Deno.test("compareVersions() puts metrics side by side, null where there is none", () => {
  const { versions, metrics } = compareVersions("pets", [
    makeVersion(3, { accuracy: 0.5 }, {}),
    makeVersion(1, { accuracy: 0.75, loss: 2 }, {}),
  ]);
  assertEquals(versions, [3, 1]);
  assertEquals(metrics, { accuracy: [0.5, 0.75], loss: [null, 2] });
});

Deno.test("compareVersions() tells what else differs, and only that", () => {
  const { differences } = compareVersions("pets", [
    makeVersion(1, {}, { l2: 0.1, hidden: [64], epochs: 5 }),
    makeVersion(2, {}, { l2: 0.2, hidden: [32], epochs: 5, dropout: 0.5 }),
  ]);
  assertEquals(differences, {
    "origin.hyperparameters.l2": [0.1, 0.2],
    "origin.hyperparameters.hidden": [[64], [32]],
    "origin.hyperparameters.dropout": [null, 0.5],
  });
});
