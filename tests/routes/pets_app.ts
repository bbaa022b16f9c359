import { makeTrainedCard, publishTrained } from "../models/stored/stored_fixtures.ts";
import { moveLabel } from "../../lib/storage/models/publish_version.ts";
import type { ModelCard } from "../../models/stored/model_card.ts";
import { createTestApp, ENTRY, type TestApp } from "./test_app.ts";

/** The card of a version that stands on `tiny`, with the accuracy that it has. */
function makeCard(accuracy: number): ModelCard {
  const { origin, ...card } = makeTrainedCard();
  const base = { model: ENTRY.name, version: 1, backboneSha256: "0" };
  return {
    ...card,
    metrics: { source: "a test", values: { accuracy } },
    origin: { ...origin, base } as typeof origin,
  };
}

/** The app with versions 1 and 2 of `pets`, which stand on `tiny`; stable is 2. */
export async function createPetsApp(labels: Record<string, number> = {}): Promise<TestApp> {
  const test = await createTestApp();
  for (const accuracy of [0.5, 0.75]) {
    await publishTrained(test.database, { card: makeCard(accuracy) });
  }
  for (const [label, version] of Object.entries(labels)) {
    await moveLabel(test.database, { model: "pets", label, version });
  }
  return test;
}
