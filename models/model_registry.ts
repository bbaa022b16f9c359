import { ServiceError } from "../lib/service_error.ts";
import type { LoadReport } from "./inference_engine.ts";
import { LoadedModels } from "./loaded_models.ts";
import { listVerbs, type ModelDescription, type Verb } from "./model_description.ts";
import { ModelDirectory, type ModelTarget, requireHere } from "./model_directory.ts";
import type { KnownModel, ModelContent, ModelSource } from "./model_source.ts";
import type { InferencePool } from "./pool/inference_pool.ts";

/** A model that is loaded in every worker. */
export interface ServedModel {
  /** What tasks call it by. */
  id: string;
  /** What it is and what it can do. */
  description: ModelDescription;
  /** The version that answers. */
  version: number;
  /** Class names in the order of the outputs; empty where the model does not classify. */
  labels: readonly string[];
  /** Hash of the network that it stands on. */
  backboneSha256: string;
  /** What it turned out to be. */
  report: LoadReport;
}

/** The right to run a model: it stays loaded until its holder lets go of it. */
export interface ModelLease extends Disposable {
  /** What may be run. */
  readonly model: ServedModel;
}

/**
 * `not_pulled`: only known; `available`: its files are here, it is loaded by its first request;
 * `ready`: loaded and warm in every worker.
 */
export type ModelState = "not_pulled" | "available" | "ready";

/** A version that a source knows, and how far it is. */
export interface ModelStatus {
  /** What its source knows. */
  known: KnownModel;
  /** How far it is. */
  state: ModelState;
  /** Only when `ready`. */
  served: ServedModel | undefined;
}

/** Settings of a {@linkcode ModelRegistry}. */
export interface ModelRegistryOptions {
  /** Where the models run. */
  pool: InferencePool;
  /** Most models that are loaded at a time, >= 1. */
  loadedMax: number;
}

/** The models by name, from several sources: which there are, and which are loaded. */
export class ModelRegistry {
  /** Which models there are. */
  readonly directory: ModelDirectory;
  readonly #pool: InferencePool;
  readonly #loaded: LoadedModels<ServedModel>;

  /** Loads nothing yet. */
  constructor(sources: readonly ModelSource[], { pool, loadedMax }: ModelRegistryOptions) {
    this.directory = new ModelDirectory(sources);
    this.#pool = pool;
    this.#loaded = new LoadedModels({ loadedMax, unload: (id) => pool.unload({ id }) });
  }

  /** All models, source by source. */
  async list(): Promise<ModelStatus[]> {
    return (await this.directory.list()).map((known) => this.describe(known));
  }

  /** How far a version is. */
  describe(known: KnownModel): ModelStatus {
    const served = this.#loaded.peek(known.id);
    const state = served ? "ready" : known.isHere ? "available" : "not_pulled";
    return { known, state, served };
  }

  /**
   * The model, loaded in every worker; the first request loads it, and those that come meanwhile wait
   * for the same load.
   *
   * @param target a name alone means the published version
   * @param verb what it is wanted for; `undefined` where it is only made ready
   * @param signal ends the waiting; a model that nobody waits for any longer is not loaded
   * @returns a lease that the caller disposes of when it has its last answer
   * @throws {ServiceError} `model_not_found`, `version_not_found`, `verb_not_supported`,
   *   `model_not_pulled`, `model_unusable`
   */
  async acquire(
    target: ModelTarget | string,
    verb?: Verb,
    signal?: AbortSignal,
  ): Promise<ModelLease> {
    const { source, known } = await this.directory.select(
      typeof target === "string" ? { name: target } : target,
    );
    requireVerb(known.description, verb);
    requireHere(known);
    const load = async () => await this.#load(known, await source.read(known));
    const { value, release } = await this.#loaded.acquire(known.id, load, signal);
    return { model: value, [Symbol.dispose]: release };
  }

  async #load(
    { id, description, version }: KnownModel,
    { labels, ...content }: ModelContent,
  ): Promise<ServedModel> {
    const report = await this.#pool.load({ id, ...content });
    if (labels.length > 0 && labels.length !== report.classCount) {
      await this.#pool.unload({ id });
      throw new ServiceError(
        "model_unusable",
        `Cannot serve model ${description.name} as it must have one label per output: ` +
          `${labels.length} labels for ${report.classCount} outputs`,
      );
    }
    const backboneSha256 = content.backbone.hash;
    return { id, description, version, labels, backboneSha256, report };
  }
}

function requireVerb(description: ModelDescription, verb: Verb | undefined): void {
  const verbs = listVerbs(description);
  if (verb === undefined || verbs.includes(verb)) return;
  throw new ServiceError(
    "verb_not_supported",
    `Cannot ${verb} with model ${description.name} as it has only ${
      verbs.map((each) => `:${each}`).join(", ")
    }`,
  );
}
