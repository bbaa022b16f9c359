import type { Database } from "../../lib/storage/database.ts";
import { findNetworkVersion } from "../../lib/storage/models/network_versions.ts";
import { shareBytes } from "../../lib/share_bytes.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { BackboneArtifact } from "../model_artifact.ts";
import type { FixedBackbones } from "./fixed_backbones.ts";
import type { ModelCard } from "./model_card.ts";
import { findNetworkFormat } from "./network_format.ts";
import { readVersionFiles } from "./read_version_files.ts";
import { toNetworkPath } from "./version_files.ts";

/** Where backbones may come from. */
export interface BackbonePlaces {
  /** Networks that were imported or trained. */
  database: Database;
  /** Models that come with the service. */
  fixed: FixedBackbones;
}

/** Names a stored network. */
export interface NetworkVersion {
  /** Name of the model. */
  model: string;
  /** Its version. */
  version: number;
  /** Hash of the network, as it was published. */
  backboneSha256: string;
  /** What it says of itself. */
  card: ModelCard;
}

/**
 * Reads the backbone that a head was trained on: that of a model that comes with the service, or an
 * stored network, whatever that is called today. It is the same to the bit, as its hash says.
 *
 * @throws {ServiceError} `model_unusable` if nobody has it any more
 */
export async function readBackbone(
  backboneSha256: string,
  { database, fixed }: BackbonePlaces,
): Promise<BackboneArtifact> {
  const found = await fixed.find(backboneSha256);
  if (found) return (await found.source.read(found.known)).backbone;
  const network = await findNetworkVersion(database, backboneSha256);
  if (network) {
    // The cards of the database are the service's own.
    return await readNetwork(database, { ...network, card: network.card as unknown as ModelCard });
  }
  throw new ServiceError(
    "model_unusable",
    `Cannot run model as the backbone that it was trained on must be here: no model has a network ` +
      `with hash ${backboneSha256}`,
  );
}

/**
 * Reads the network that a version brings along.
 *
 * @throws {ServiceError} `model_unusable` if a file is gone or damaged
 * @throws {TypeError} if the version has none
 */
export async function readNetwork(
  database: Database,
  { model, version, backboneSha256, card }: NetworkVersion,
): Promise<BackboneArtifact> {
  const { input } = card;
  const format = findNetworkFormat(card);
  if (!format) throw new TypeError(`${model} ${version} has no network`);
  const files = new Map<string, Uint8Array>();
  for (const [name, bytes] of await readVersionFiles(database, { model, version }, toNetworkPath)) {
    files.set(name, shareBytes(bytes));
  }
  return { hash: backboneSha256, role: "classifier", format, files, input };
}
