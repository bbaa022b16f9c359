import { ServiceError } from "../lib/service_error.ts";
import type { CatalogEntry } from "./catalog.ts";
import type { LoadReport } from "./inference_engine.ts";
import type { InferencePool } from "./pool/inference_pool.ts";
import type { ModelFiles } from "./formats/load_model.ts";

/** Where the files of models come from: a folder on a server, a bundle on an edge runtime. */
export interface ModelSource {
  /** True when the files are at hand. */
  has(entry: CatalogEntry): Promise<boolean>;
  /**
   * The checked files and the labels in the order of the outputs.
   *
   * @throws {ServiceError} `model_unusable` if a file is damaged or cannot be read
   */
  read(entry: CatalogEntry): Promise<{ files: ModelFiles; labels: string[] }>;
}

/** A model that is loaded in every worker. */
export interface ServedModel {
  /** What is known of it. */
  entry: CatalogEntry;
  /** The version that answers. */
  version: number;
  /** Class names in the order of the outputs. */
  labels: readonly string[];
  /** What it turned out to be. */
  report: LoadReport;
}

/**
 * `not_pulled`: only known; `pulled`: its files are here, it is loaded by its first request;
 * `ready`: loaded and warm in every worker.
 */
export type ModelState = "not_pulled" | "pulled" | "ready";

/** A model of the catalogue and how far it is. */
export interface ModelStatus {
  /** What is known of it. */
  entry: CatalogEntry;
  /** How far it is. */
  state: ModelState;
  /** Only when `ready`. */
  served: ServedModel | undefined;
}

/** Models that come with the project or from the hub have one version. */
const CATALOG_VERSION = 1;

/** The models by name: which are known, which can be served, and their labels. */
export class ModelRegistry {
  readonly #entries: ReadonlyMap<string, CatalogEntry>;
  readonly #source: ModelSource;
  readonly #pool: InferencePool;
  readonly #serving = new Map<string, Promise<ServedModel>>();
  readonly #served = new Map<string, ServedModel>();

  /** Loads nothing yet. */
  constructor(
    catalog: readonly CatalogEntry[],
    { source, pool }: { source: ModelSource; pool: InferencePool },
  ) {
    this.#entries = new Map(catalog.map((entry) => [entry.name, entry]));
    this.#source = source;
    this.#pool = pool;
  }

  /**
   * Loads every model whose files are at hand.
   *
   * @throws {ServiceError} if a file is damaged: a service that starts serves all that it has
   */
  async loadAll(): Promise<void> {
    for (const entry of this.#entries.values()) {
      if (await this.#source.has(entry)) await this.serve(entry.name);
    }
  }

  /** All models, in the order of the catalogue. */
  list(): Promise<ModelStatus[]> {
    return Promise.all([...this.#entries.keys()].map((name) => this.describe(name)));
  }

  /**
   * One model, whatever its state.
   *
   * @throws {ServiceError} `model_not_found`
   */
  async describe(name: string): Promise<ModelStatus> {
    const entry = this.#find(name);
    const served = this.#served.get(name);
    if (served) return { entry, state: "ready", served };
    const state = await this.#source.has(entry) ? "pulled" : "not_pulled";
    return { entry, state, served: undefined };
  }

  /**
   * The model, loaded in every worker; the first call loads it.
   *
   * @throws {ServiceError} `model_not_found`, `model_not_pulled`, `model_unusable`
   */
  serve(name: string): Promise<ServedModel> {
    const known = this.#serving.get(name);
    if (known) return known;
    const serving = this.#load(this.#find(name));
    this.#serving.set(name, serving);
    // A failed load is tried again by the next call, as the files may have been repaired.
    serving.catch(() => this.#serving.delete(name));
    return serving;
  }

  #find(name: string): CatalogEntry {
    const entry = this.#entries.get(name);
    if (entry) return entry;
    throw new ServiceError(
      "model_not_found",
      `Cannot find a model named "${name}"; GET /v1/models lists the models`,
    );
  }

  async #load(entry: CatalogEntry): Promise<ServedModel> {
    if (!await this.#source.has(entry)) {
      throw new ServiceError(
        "model_not_pulled",
        `Cannot run model ${entry.name} as its files are not here: run "deno task pull ${entry.name}"`,
      );
    }
    const { name, format } = entry;
    const input = { ...entry.input, ...entry.preprocessing };
    const { files, labels } = await this.#source.read(entry);
    const artifact = { name, version: CATALOG_VERSION, format, files, input };
    const report = await this.#pool.load(artifact);
    if (labels.length !== report.classCount) {
      await this.#pool.unload(artifact);
      throw new ServiceError(
        "model_unusable",
        `Cannot serve model ${name} as it must have one label per output: ` +
          `${labels.length} labels for ${report.classCount} outputs`,
      );
    }
    const served = { entry, version: CATALOG_VERSION, labels, report };
    this.#served.set(name, served);
    return served;
  }
}
