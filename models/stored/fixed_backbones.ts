import type { KnownModel, ModelSource } from "../model_source.ts";

/** A model that comes with the service, and the source that reads it. */
export interface FixedBackbone {
  /** Reads it. */
  source: ModelSource;
  /** Whose backbone it is. */
  known: KnownModel;
}

/**
 * The backbones of the models that come with the service, by their hash. Which there are is asked
 * once, as requests look here again and again.
 */
export class FixedBackbones {
  readonly #sources: readonly ModelSource[];
  #byHash: Map<string, FixedBackbone> | undefined;

  /** Asks nobody yet. */
  constructor(sources: readonly ModelSource[]) {
    this.#sources = sources;
  }

  /** The model whose backbone has this hash, or `undefined`. */
  async find(backboneSha256: string): Promise<FixedBackbone | undefined> {
    const byHash = this.#byHash ??= await listBackbones(this.#sources);
    const found = byHash.get(backboneSha256);
    if (!found || found.known.isHere) return found;
    // It may have been pulled meanwhile.
    const { source, known: { description: { name } } } = found;
    const current = { source, known: await source.find(name) ?? found.known };
    byHash.set(backboneSha256, current);
    return current;
  }
}

async function listBackbones(
  sources: readonly ModelSource[],
): Promise<Map<string, FixedBackbone>> {
  const byHash = new Map<string, FixedBackbone>();
  for (const source of sources) {
    for (const known of await source.list()) {
      if (!byHash.has(known.backboneSha256)) byHash.set(known.backboneSha256, { source, known });
    }
  }
  return byHash;
}
