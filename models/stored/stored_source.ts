import { readBlob } from "../../lib/storage/blobs.ts";
import type { OpenDatabase } from "../../lib/storage/database.ts";
import {
  listModelFiles,
  listModels,
  readHead,
  type StoredModel,
  type StoredVersion,
} from "../../lib/storage/models/stored_models.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { makeIdentityBackbone } from "../identity_backbone.ts";
import { type ModelHistory, selectDefault } from "../model_history.ts";
import type { KnownModel, ModelContent, ModelSource } from "../model_source.ts";
import { ModelCache } from "./model_cache.ts";
import type { ModelCard } from "./model_card.ts";
import { readBackbone, readNetwork } from "./read_backbone.ts";
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
  const findHistory = async (name: string) => {
    const model = await cache.find(name);
    return model && await describeModel(model, fixed);
  };
  return {
    isFixed: false,
    async list() {
      const models = await listModels(database);
      const histories = await Promise.all(models.map((model) => describeModel(model, fixed)));
      return histories.flatMap((history) => selectDefault(history) ?? []);
    },
    async find(name) {
      const history = await findHistory(name);
      return history && selectDefault(history);
    },
    async findHistory(name) {
      const history = await findHistory(name);
      return history && history.versions.length > 0 ? history : undefined;
    },
    read: (known) => read(known, { database, fixed }),
    // The database looks after its own files.
    verify: () => Promise.resolve(),
    refresh: (name) => cache.forget(name),
    [Symbol.dispose]: () => cache[Symbol.dispose](),
  };
}

async function describeModel(
  { name, labels, versions }: StoredModel,
  fixed: readonly ModelSource[],
): Promise<ModelHistory> {
  const bases = new Set(versions.flatMap(({ card }) => baseOf(toCard(card)) ?? []));
  const absent = new Set<string>();
  for (const base of bases) if (await isAbsent(base, fixed)) absent.add(base);
  return { versions: versions.map((version) => describeVersion(name, version, absent)), labels };
}

function describeVersion(
  name: string,
  { version, jobId, backboneSha256, card: stored, createdAt }: StoredVersion,
  absent: ReadonlySet<string>,
): KnownModel {
  const card = toCard(stored);
  const { description, licence, source, input, verbs, labels, metrics } = card;
  const base = baseOf(card);
  return {
    description: {
      ...{ name, description, licence, source, input, verbs, labels, metrics },
      classCount: labels.length,
    },
    version,
    // A model that was deleted and made anew counts its versions from 1 again.
    id: `${name}@${version}:${jobId ?? backboneSha256}:${createdAt}`,
    isHere: base === undefined || !absent.has(base),
    ...(base === undefined ? {} : { base }),
    stored: { card, jobId, createdAt },
  };
}

async function read(
  { description: { name: model }, version, stored }: KnownModel,
  { database, fixed }: { database: OpenDatabase; fixed: readonly ModelSource[] },
): Promise<ModelContent> {
  if (!stored) throw new TypeError(`Cannot read model ${model} as it must be a stored one`);
  const { card } = stored;
  const { origin, labels } = card;
  const named = { model, version };
  if (origin.kind === "imported") {
    const backboneSha256 = origin.backboneSha256;
    return { backbone: await readNetwork(database, { ...named, backboneSha256, card }), labels };
  }
  const head = await readHead(database, named);
  if (!head) {
    throw new ServiceError(
      "model_unusable",
      `Cannot read version ${version} of model ${model} as its head is gone`,
    );
  }
  const backbone = card.input.kind === "vector"
    ? makeIdentityBackbone(card.input.length)
    : await readBackbone(origin.base, { database, fixed });
  const detector = card.unknown && await readDetector(database, named);
  return { backbone, head, detector, labels };
}

async function readDetector(
  database: OpenDatabase,
  named: { model: string; version: number },
): Promise<Uint8Array | undefined> {
  const files = await listModelFiles(database, named);
  const sha256 = files.find(({ path }) => path === DETECTOR_PATH)?.sha256;
  return sha256 === undefined ? undefined : await readBlob(database, sha256);
}

/** True for a model that is known and has to be pulled first. */
async function isAbsent(name: string, fixed: readonly ModelSource[]): Promise<boolean> {
  for (const source of fixed) {
    const known = await source.find(name);
    if (known) return !known.isHere;
  }
  return false;
}

function baseOf({ origin }: ModelCard): string | undefined {
  return origin.kind === "trained" ? origin.base.model : undefined;
}

/** The cards of the database are the service's own: whoever publishes a version writes one. */
function toCard(card: Record<string, unknown>): ModelCard {
  return card as unknown as ModelCard;
}
