import { type HashedBytes, hashLargeBytes } from "../../lib/storage/blobs.ts";
import type { PublishVersionOptions } from "../../lib/storage/models/publish_version.ts";
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

/**
 * What `publishVersion()` stores of a model that was imported: its network, and a card. Its files are
 * hashed once, in another thread.
 */
export async function packImportedVersion(
  model: ImportedModel,
  facts: ImportFacts,
): Promise<Pick<PublishVersionOptions, "backboneSha256" | "card" | "files">> {
  const { origin: writer, format, labels, input } = model;
  const network = await hashFiles(model.files);
  const companions = await hashFiles(model.companions);
  const backboneSha256 = hashBackbone(network, input);
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
    files: { ...placeFiles(network, networkPath), ...placeFiles(companions, companionPath) },
  };
}

interface HashedFile extends HashedBytes {
  path: string;
}

async function hashFiles(files: ModelFiles): Promise<HashedFile[]> {
  return await Promise.all(
    [...files].map(async ([path, file]) => {
      // What a thread answers lies in memory of this one alone.
      const bytes = file as Uint8Array<ArrayBuffer>;
      return { path, bytes, sha256: await hashLargeBytes(bytes) };
    }),
  );
}

function placeFiles(
  files: readonly HashedFile[],
  place: (path: string) => string,
): Record<string, HashedBytes> {
  return Object.fromEntries(files.map(({ path, ...content }) => [place(path), content]));
}
