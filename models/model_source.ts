import type { BackboneArtifact } from "./model_artifact.ts";
import type { ModelDescription } from "./model_description.ts";
import type { ModelHistory } from "./model_history.ts";
import type { ModelCard } from "./stored/model_card.ts";

/** A version of a model, as its source knows it. */
export interface KnownModel {
  /** What it is and what it can do. */
  description: ModelDescription;
  /** The version that is meant: counts from 1. */
  version: number;
  /**
   * Unlike for unlike content: a name and version that were deleted and made anew get another id, so
   * that nothing that was loaded before can answer for them.
   */
  id: string;
  /** Hash of the network that it stands on, as in `BackboneArtifact`. */
  backboneSha256: string;
  /** False where its files are not here: `deno task pull` fetches them. */
  isHere: boolean;
  /** The model that `deno task pull` fetches them for, where that is another one. */
  base?: string;
  /** How it came about, where it is neither from the repository nor from the hub. */
  stored?: StoredOrigin;
}

/** What is known of a version that the service itself has made or taken in. */
export interface StoredOrigin {
  /** What it says of itself. */
  card: ModelCard;
  /** The job that made it; `null` for an imported version. */
  jobId: string | null;
  /** When it was made, in milliseconds since 1970. */
  createdAt: number;
}

/** What it takes to run a model, checked. */
export interface ModelContent {
  /** The network. Models that share one have backbones of the same hash. */
  backbone: BackboneArtifact;
  /** The head of the version, as `encodeHead()` wrote it; unset where the network has its own. */
  head?: Uint8Array | undefined;
  /** What tells inputs that belong to none of its classes, as `encodeDetector()` wrote it. */
  detector?: Uint8Array | undefined;
  /** Class names in the order of the outputs; empty where the model does not classify. */
  labels: readonly string[];
}

/**
 * Where models come from: the repository, the hub's folder, a database. It is asked for every
 * request, so models may come, move to another version and go at any time.
 */
export interface ModelSource {
  /** True where models come with the service, which can neither change nor delete them. */
  readonly isFixed: boolean;
  /**
   * All of its models in a lasting order, each in the version that answers by default, or in the
   * newest where none is published.
   */
  list(): Promise<readonly KnownModel[]>;
  /** The model of this name as `list()` has it, or `undefined`. */
  find(name: string): Promise<KnownModel | undefined>;
  /** All versions of the model of this name, or `undefined`. */
  findHistory(name: string): Promise<ModelHistory | undefined>;
  /** Looks at a model anew, which this process has just changed and may not have been told of yet. */
  refresh?(name: string): void;
  /**
   * Reads one version. What it gives may be shared between threads, so nobody writes to it.
   *
   * @throws {ServiceError} `model_unusable` if a file is damaged or gone
   */
  read(model: KnownModel): Promise<ModelContent>;
  /**
   * Checks every file that is here, before the service starts.
   *
   * @throws {ServiceError} `model_unusable`, naming the first file that is damaged
   */
  verify(): Promise<void>;
}
