import { readBlob } from "../../lib/storage/blobs.ts";
import type { Database, OpenDatabase } from "../../lib/storage/database.ts";
import type { PublishedVersion } from "../../lib/storage/models/publish_version.ts";
import {
  listCurrentVersions,
  listModelFiles,
  readHead,
  type StoredModel,
  type StoredVersion,
} from "../../lib/storage/models/stored_models.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { makeIdentityBackbone } from "../identity_backbone.ts";
import { type ModelHistory, selectDefault, STABLE_LABEL } from "../model_history.ts";
import type { KnownModel, ModelContent, ModelSource } from "../model_source.ts";
import { ModelCache } from "./model_cache.ts";
import type { ModelCard } from "./model_card.ts";
import { FixedBackbones } from "./fixed_backbones.ts";
import { findNetworkFormat } from "./network_format.ts";
import { type BackbonePlaces, readBackbone, readNetwork } from "./read_backbone.ts";
import { DETECTOR_PATH } from "./version_files.ts";

/** Settings of {@linkcode createStoredSource}. */
export interface StoredSourceOptions {
  /** The models that come with the service, whose backbones others stand on. */
  fixed: readonly ModelSource[];
}

/**
 * The trained and imported models of a database. Changes by other replicas are noticed until it is
 * disposed of.
 */
export function createStoredSource(
  database: OpenDatabase,
  { fixed }: StoredSourceOptions,
): ModelSource & Disposable {
  const cache = new ModelCache(database);
  const places = { database, fixed: new FixedBackbones(fixed) };
  const findHistory = async (name: string) => {
    const model = await cache.find(name);
    const history = model && await describeModel(model, places.fixed);
    return history && history.versions.length > 0 ? history : undefined;
  };
  return {
    isFixed: false,
    async list() {
      const current = await listCurrentVersions(database, STABLE_LABEL);
      return await Promise.all(
        current.map((version) => describeVersion(version.model, version, places.fixed)),
      );
    },
    async find(name) {
      const history = await findHistory(name);
      return history && selectDefault(history);
    },
    findHistory,
    read: (known) => read(known, places),
    // The database looks after its own files.
    verify: () => Promise.resolve(),
    refresh: (name) => cache.forget(name),
    [Symbol.dispose]: () => cache[Symbol.dispose](),
  };
}

async function describeModel(
  { name, labels, versions }: StoredModel,
  fixed: FixedBackbones,
): Promise<ModelHistory> {
  const known = versions.map((version) => describeVersion(name, version, fixed));
  return { versions: await Promise.all(known), labels };
}

async function describeVersion(
  name: string,
  { version, jobId, backboneSha256, card: stored, createdAt }: StoredVersion,
  fixed: FixedBackbones,
): Promise<KnownModel> {
  const card = toCard(stored);
  const base = (await fixed.find(backboneSha256 ?? ""))?.known;
  const { description, licence, source, input, verbs, labels, metrics } = card;
  return {
    description: {
      ...{ name, description, licence, source, input, verbs, labels, metrics },
      classCount: labels.length,
    },
    version,
    // A model that was deleted and made anew counts its versions from 1 again.
    id: `${name}@${version}:${jobId ?? backboneSha256}:${createdAt}`,
    backboneSha256: backboneSha256 ?? "",
    isHere: base?.isHere ?? true,
    ...(base ? { base: base.description.name } : {}),
    stored: { card, jobId, createdAt },
  };
}

async function read(known: KnownModel, places: BackbonePlaces): Promise<ModelContent> {
  const { description: { name: model }, version, backboneSha256, stored } = known;
  if (!stored) throw new TypeError(`Cannot read model ${model} as it must be a stored one`);
  const { database } = places;
  const { input, labels, unknown } = stored.card;
  const named = { model, version };
  if (findNetworkFormat(stored.card)) {
    const network = { ...named, backboneSha256, card: stored.card };
    return { backbone: await readNetwork(database, network), labels };
  }
  const head = await readHead(database, named);
  if (!head) {
    throw new ServiceError(
      "model_unusable",
      `Cannot read version ${version} of model ${model} as its head is gone`,
    );
  }
  const backbone = input.kind === "vector"
    ? makeIdentityBackbone(input.length)
    : await readBackbone(backboneSha256, places);
  const detector = unknown && await readDetector(database, named);
  return { backbone, head, detector, labels };
}

async function readDetector(
  database: Database,
  named: PublishedVersion,
): Promise<Uint8Array | undefined> {
  const files = await listModelFiles(database, named);
  const sha256 = files.find(({ path }) => path === DETECTOR_PATH)?.sha256;
  return sha256 === undefined ? undefined : await readBlob(database, sha256);
}

/** The cards of the database are the service's own: whoever publishes a version writes one. */
function toCard(card: Record<string, unknown>): ModelCard {
  return card as unknown as ModelCard;
}
