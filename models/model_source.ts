import type { BackboneArtifact } from "./model_artifact.ts";
import type { ModelDescription } from "./model_description.ts";

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
  /** False where its files are not here: `deno task pull` fetches them. */
  isHere: boolean;
}

/** What it takes to run a model, checked. */
export interface ModelContent {
  /** The network. Models that share one have backbones of the same hash. */
  backbone: BackboneArtifact;
  /** The head of the version, as `encodeHead()` wrote it; unset where the network has its own. */
  head?: Uint8Array | undefined;
  /** Class names in the order of the outputs; empty where the model does not classify. */
  labels: readonly string[];
}

/**
 * Where models come from: the repository, the hub's folder, a database. It is asked for every
 * request, so models may come, move to another version and go at any time.
 */
export interface ModelSource {
  /** All of its models, each in the version that answers by default, in a lasting order. */
  list(): Promise<readonly KnownModel[]>;
  /** The model of this name in the version that answers by default, or `undefined`. */
  find(name: string): Promise<KnownModel | undefined>;
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
