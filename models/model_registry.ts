import { ServiceError } from "../lib/service_error.ts";
import type { LoadReport } from "./inference_engine.ts";
import { LoadedModels } from "./loaded_models.ts";
import type { ModelDescription, Verb } from "./model_description.ts";
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

/** A model that a source knows, and how far it is. */
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

/**
 * The models by name, from several sources: which are known, what each can do, and which are loaded.
 * A name that several sources have belongs to the first of them.
 */
export class ModelRegistry {
  readonly #sources: readonly ModelSource[];
  readonly #pool: InferencePool;
  readonly #loaded: LoadedModels<ServedModel>;

  /** Loads nothing yet. */
  constructor(sources: readonly ModelSource[], { pool, loadedMax }: ModelRegistryOptions) {
    this.#sources = sources;
    this.#pool = pool;
    this.#loaded = new LoadedModels({ loadedMax, unload: (id) => pool.unload({ id }) });
  }

  /**
   * Checks the files of all models that are here.
   *
   * @throws {ServiceError} `model_unusable` if a file is damaged: a service that starts can serve all
   *   that it has
   */
  async verify(): Promise<void> {
    for (const source of this.#sources) await source.verify();
  }

  /** All models, source by source. */
  async list(): Promise<ModelStatus[]> {
    const lists = await Promise.all(this.#sources.map((source) => source.list()));
    const byName = new Map<string, KnownModel>();
    for (const known of lists.flat()) {
      const { name } = known.description;
      if (!byName.has(name)) byName.set(name, known);
    }
    return [...byName.values()].map((known) => this.#describe(known));
  }

  /**
   * One model, whatever its state.
   *
   * @throws {ServiceError} `model_not_found`
   */
  async describe(name: string): Promise<ModelStatus> {
    return this.#describe((await this.#find(name)).known);
  }

  /**
   * The model, loaded in every worker; the first request loads it, and those that come meanwhile wait
   * for the same load.
   *
   * @param verb what it is wanted for; `undefined` where it is only made ready
   * @param signal ends the waiting
   * @returns a lease that the caller disposes of when it has its last answer
   * @throws {ServiceError} `model_not_found`, `verb_not_supported`, `model_not_pulled`,
   *   `model_unusable`
   */
  async acquire(name: string, verb?: Verb, signal?: AbortSignal): Promise<ModelLease> {
    const { source, known } = await this.#find(name);
    requireVerb(known.description, verb);
    if (!known.isHere) {
      throw new ServiceError(
        "model_not_pulled",
        `Cannot run model ${name} as its files are not here: run "deno task pull ${name}"`,
      );
    }
    const load = async () => await this.#load(known, await source.read(known));
    const { value, release } = await this.#loaded.acquire(known.id, load);
    if (signal?.aborted) release();
    signal?.throwIfAborted();
    return { model: value, [Symbol.dispose]: release };
  }

  async #find(name: string): Promise<{ source: ModelSource; known: KnownModel }> {
    for (const source of this.#sources) {
      const known = await source.find(name);
      if (known) return { source, known };
    }
    throw new ServiceError(
      "model_not_found",
      `Cannot find a model named "${name}"; GET /v1/models lists the models`,
    );
  }

  #describe(known: KnownModel): ModelStatus {
    const served = this.#loaded.peek(known.id);
    const state = served ? "ready" : known.isHere ? "available" : "not_pulled";
    return { known, state, served };
  }

  async #load(
    { id, description, version }: KnownModel,
    { backbone, head, labels }: ModelContent,
  ): Promise<ServedModel> {
    const report = await this.#pool.load({ id, backbone, head });
    if (labels.length > 0 && labels.length !== report.classCount) {
      await this.#pool.unload({ id });
      throw new ServiceError(
        "model_unusable",
        `Cannot serve model ${description.name} as it must have one label per output: ` +
          `${labels.length} labels for ${report.classCount} outputs`,
      );
    }
    return { id, description, version, labels, report };
  }
}

function requireVerb({ name, verbs }: ModelDescription, verb: Verb | undefined): void {
  if (verb === undefined || verbs.includes(verb)) return;
  throw new ServiceError(
    "verb_not_supported",
    `Cannot ${verb} with model ${name} as it has only ${
      verbs.map((each) => `:${each}`).join(", ")
    }`,
  );
}
