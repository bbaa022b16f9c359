import { ServiceError } from "../lib/service_error.ts";
import { NO_BACKBONE_NAME } from "./identity_backbone.ts";
import {
  type ModelHistory,
  selectVersion,
  STABLE_LABEL,
  type VersionSelector,
} from "./model_history.ts";
import type { KnownModel, ModelContent, ModelSource } from "./model_source.ts";

/** Names a model, and a version of it that is not the published one. */
export interface ModelTarget {
  /** The model's name. */
  name: string;
  /** The version; the published one when absent. */
  selector?: VersionSelector;
}

/** A version with the source that it comes from. */
export interface FoundModel {
  /** Reads it. */
  source: ModelSource;
  /** What the source knows of it. */
  known: KnownModel;
}

/**
 * Which models there are, from several sources. A name that several sources have belongs to the
 * first of them.
 */
export class ModelDirectory {
  readonly #sources: readonly ModelSource[];

  /** Asks nobody yet. */
  constructor(sources: readonly ModelSource[]) {
    this.#sources = sources;
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
  async list(): Promise<KnownModel[]> {
    const lists = await Promise.all(this.#sources.map((source) => source.list()));
    const byName = new Map<string, KnownModel>();
    for (const known of lists.flat()) {
      const { name } = known.description;
      if (!byName.has(name)) byName.set(name, known);
    }
    return [...byName.values()];
  }

  /**
   * One model as `list()` has it.
   *
   * @throws {ServiceError} `model_not_found`
   */
  async find(name: string): Promise<KnownModel> {
    for (const source of this.#sources) {
      const known = await source.find(name);
      if (known) return known;
    }
    throw modelNotFound(name);
  }

  /**
   * All versions of a model.
   *
   * @throws {ServiceError} `model_not_found`
   */
  async findHistory(name: string): Promise<ModelHistory> {
    return (await this.#findHistory(name)).history;
  }

  /**
   * One version of a model.
   *
   * @throws {ServiceError} `model_not_found`, `version_not_found`
   */
  async select({ name, selector = { label: STABLE_LABEL } }: ModelTarget): Promise<FoundModel> {
    const { source, history } = await this.#findHistory(name);
    return { source, known: selectVersion(history, selector) };
  }

  /**
   * Reads what it takes to run a version, without loading it: for training over its backbone, and
   * for an export.
   *
   * @throws {ServiceError} `model_not_found`, `version_not_found`, `model_not_pulled`,
   *   `model_unusable`
   */
  async read(target: ModelTarget): Promise<{ known: KnownModel; content: ModelContent }> {
    const { source, known } = await this.select(target);
    requireHere(known);
    return { known, content: await source.read(known) };
  }

  /**
   * Refuses names of models that come with the service, and the name of no backbone: nothing can be
   * stored under them, and nothing deleted.
   *
   * @throws {ServiceError} `conflict`
   */
  async requireChangeable(name: string): Promise<void> {
    for (const source of this.#sources) {
      const isTaken = name === NO_BACKBONE_NAME || await source.find(name) !== undefined;
      if (!source.isFixed || !isTaken) continue;
      throw new ServiceError(
        "conflict",
        `Cannot change model ${name} as it comes with the service: choose another name`,
      );
    }
  }

  /** Lets the next request see what this process has just changed, before it is announced. */
  refresh(name: string): void {
    for (const source of this.#sources) source.refresh?.(name);
  }

  async #findHistory(name: string): Promise<{ source: ModelSource; history: ModelHistory }> {
    for (const source of this.#sources) {
      const history = await source.findHistory(name);
      if (history) return { source, history };
    }
    throw modelNotFound(name);
  }
}

/**
 * Refuses a version whose files are not here.
 *
 * @throws {ServiceError} `model_not_pulled`, with the command that fetches them
 */
export function requireHere({ isHere, base, description: { name } }: KnownModel): void {
  if (isHere) return;
  throw new ServiceError(
    "model_not_pulled",
    `Cannot run model ${name} as its files are not here: run "deno task pull ${base ?? name}"`,
  );
}

function modelNotFound(name: string): ServiceError {
  return new ServiceError(
    "model_not_found",
    `Cannot find a model named "${name}"; GET /v1/models lists the models`,
  );
}
