import { hashBytes } from "../../lib/storage/blobs.ts";
import type { PublishVersionOptions } from "../../lib/storage/models/publish_version.ts";
import type { Bytes } from "../../lib/storage/schema.ts";
import type { ImportedModel } from "../archive/check_model.ts";
import type { ModelFiles } from "../formats/loaded_model.ts";
import { hashBackbone } from "../hash_backbone.ts";
import type { ModelCard } from "./model_card.ts";
import { companionPath, networkPath } from "./version_files.ts";

/** What its sender says of a model. */
export interface ImportFacts {
  /** SHA-256 of the file that was sent. */
  sha256: string;
  /** One line for people. */
  description?: string | undefined;
  /** SPDX identifier. */
  licence?: string | undefined;
  /** Where a person can read about it. */
  source?: string | undefined;
}

/** What `publishVersion()` stores of a model that was imported: its network, and a card. */
export function packImportedVersion(
  model: ImportedModel,
  facts: ImportFacts,
): Pick<PublishVersionOptions, "backboneSha256" | "card" | "files"> {
  const { origin: writer, format, labels, input, files, companions } = model;
  const hashed = [...files].map(([path, bytes]) => ({ path, sha256: hashBytes(bytes) }));
  const backboneSha256 = hashBackbone(hashed, input);
  const card: ModelCard = {
    description: facts.description ?? `Imported, ${labels.length} classes`,
    licence: facts.licence ?? "NOASSERTION",
    source: facts.source ?? "",
    verbs: ["classify", "embed"],
    input,
    labels: [...labels],
    metrics: { source: "not measured", values: {} },
    warnings: [],
    origin: { kind: "imported", writer, format, sha256: facts.sha256 },
  };
  return {
    backboneSha256,
    card: { ...card },
    files: { ...placeFiles(files, networkPath), ...placeFiles(companions, companionPath) },
  };
}

function placeFiles(files: ModelFiles, place: (path: string) => string): Record<string, Bytes> {
  return Object.fromEntries(
    [...files].map(([path, bytes]) => [place(path), bytes as Uint8Array<ArrayBuffer>]),
  );
}
