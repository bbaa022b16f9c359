import type { KnownModel, ModelSource } from "../model_source.ts";

/** A model that comes with the service, and the source that reads it. */
export interface FixedBackbone {
  /** Reads it. */
  source: ModelSource;
  /** Whose backbone it is. */
  known: KnownModel;
}

/** The backbones of the models that come with the service, by their hash. */
export class FixedBackbones {
  readonly #sources: readonly ModelSource[];
  /** Those whose files are here: requests ask for them again and again. */
  readonly #here = new Map<string, FixedBackbone>();

  /** Asks nobody yet. */
  constructor(sources: readonly ModelSource[]) {
    this.#sources = sources;
  }

  /** The model whose backbone has this hash, or `undefined`. */
  async find(backboneSha256: string): Promise<FixedBackbone | undefined> {
    const here = this.#here.get(backboneSha256);
    if (here) return here;
    for (const source of this.#sources) {
      const known = (await source.list()).find((each) => each.backboneSha256 === backboneSha256);
      if (!known) continue;
      const found = { source, known };
      if (known.isHere) this.#here.set(backboneSha256, found);
      return found;
    }
    return undefined;
  }
}
