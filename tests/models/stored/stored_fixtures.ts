/** A base model that comes with the service, and stored versions of a few bytes. */
import { hashBytes } from "../../../lib/storage/blobs.ts";
import type { Database } from "../../../lib/storage/database.ts";
import {
  type PublishedVersion,
  publishVersion,
} from "../../../lib/storage/models/publish_version.ts";
import {
  findModel,
  listCurrentVersions,
  type StoredModel,
} from "../../../lib/storage/models/stored_models.ts";
import { encodeHead } from "../../../models/heads/head_bytes.ts";
import type { ModelSource } from "../../../models/model_source.ts";
import type { ModelCard } from "../../../models/stored/model_card.ts";
import { networkPath } from "../../../models/stored/version_files.ts";
import { ENTRY } from "../../routes/test_app.ts";
import { makeLayer } from "../heads/head_fixtures.ts";
import { createMemorySource, makeKnown } from "../memory_source.ts";
import { makeTinyArtifact, TINY_INPUT } from "../tiny_model.ts";

export const STORED_LIMITS = { modelsMax: 10, versionsMax: 10 };
export const { backbone: BACKBONE } = makeTinyArtifact();

/** The base model, `primary`: three features, the means of red, green and blue. */
export function makeBaseSource({ isHere = true } = {}): ModelSource {
  const description = { ...ENTRY, name: "primary", input: TINY_INPUT, classCount: 3 };
  const known = { ...makeKnown(description, { isHere }), backboneSha256: BACKBONE.hash };
  return createMemorySource([known], {
    read: () => Promise.resolve({ backbone: BACKBONE, labels: ["red", "green", "blue"] }),
  });
}

export function makeTrainedCard(overrides: Partial<ModelCard> = {}): ModelCard {
  return {
    description: "Trained on pets",
    licence: "MIT",
    source: "",
    verbs: ["classify", "embed"],
    input: TINY_INPUT,
    labels: ["cat", "dog"],
    metrics: { source: "6 samples of pets", values: { accuracy: 0.5 } },
    warnings: [],
    origin: {
      kind: "trained",
      base: { model: "primary", version: 1, backboneSha256: BACKBONE.hash },
      dataset: { name: "pets", sha256: "d".repeat(64), samples: 20, classes: 2 },
      hyperparameters: { epochs: 5 },
      seed: 1,
      durationMs: 100,
    },
    ...overrides,
  };
}

/** All that is stored of models. */
export async function readModels(database: Database): Promise<(StoredModel | undefined)[]> {
  const current = await listCurrentVersions(database, "stable");
  return await Promise.all(current.map(({ model }) => findModel(database, model)));
}

/** Publishes a head that always chooses one of two classes. */
export function publishTrained(
  database: Database,
  { model = "pets", labels = ["stable"], choice = 0, card = makeTrainedCard() }: {
    model?: string;
    labels?: string[];
    choice?: number;
    card?: ModelCard;
  } = {},
): Promise<PublishedVersion> {
  const bias = Float32Array.of(0, 0).fill(100, choice, choice + 1);
  const layer = { ...makeLayer(3, 2), weights: new Float32Array(6), bias };
  return publishVersion(database, {
    model,
    backboneSha256: card.origin.kind === "trained" ? card.origin.base.backboneSha256 : "",
    head: encodeHead({ layers: [layer] }),
    card: { ...card },
    labels,
    limits: STORED_LIMITS,
  });
}

/** Publishes the tiny network as an imported one, under a hash of its own. */
export function publishImported(
  database: Database,
  { model = "colours", backboneSha256 = "e".repeat(64) } = {},
): Promise<PublishedVersion> {
  const card = makeTrainedCard({
    labels: ["red", "green", "blue"],
    origin: {
      kind: "imported",
      writer: "tflite",
      format: "tflite",
      sha256: "f".repeat(64),
    },
  });
  const [file = new Uint8Array()] = BACKBONE.files.values();
  const bytes = new Uint8Array(file);
  return publishVersion(database, {
    model,
    backboneSha256,
    card: { ...card },
    files: { [networkPath("model.tflite")]: { bytes, sha256: hashBytes(bytes) } },
    labels: ["stable"],
    limits: STORED_LIMITS,
  });
}
