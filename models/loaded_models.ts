/** Settings of {@linkcode LoadedModels}. */
export interface LoadedModelsOptions {
  /** Most that are loaded at a time, >= 1. */
  loadedMax: number;
  /** Frees what was loaded under an id. */
  unload: (id: string) => Promise<void>;
}

/** A loaded model that stays until it is released. */
export interface HeldModel<Model> {
  /** What loading gave. */
  value: Model;
  /** To be called once; more calls change nothing. */
  release: () => void;
}

interface Entry<Model> {
  loading: Promise<Model>;
  /** Once it is loaded. */
  value: Model | undefined;
  holders: number;
}

/**
 * Which models are loaded: each by its first user, for all who come meanwhile, and never more than
 * `loadedMax`. The one that has not been used for longest makes room, but none that is in use.
 */
export class LoadedModels<Model extends object> {
  readonly #options: LoadedModelsOptions;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry<Model>>();
  /** How many are loaded, being loaded, or being unloaded. */
  #places = 0;
  #freed = Promise.withResolvers<void>();

  /** Loads nothing yet. */
  constructor(options: LoadedModelsOptions) {
    this.#options = options;
  }

  /** The loaded model, without holding it. */
  peek(id: string): Model | undefined {
    return this.#entries.get(id)?.value;
  }

  /**
   * Holds a model; its first holder loads it, after waiting for room where all others are in use.
   *
   * @throws {Error} of `load`; the next call tries again
   */
  async acquire(id: string, load: () => Promise<Model>): Promise<HeldModel<Model>> {
    const entry = this.#entries.get(id) ??
      { loading: this.#load(id, load), value: undefined, holders: 0 };
    // Set anew, so that it stands last: the most recently used.
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    entry.holders++;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      entry.holders--;
      this.#wake();
    };
    try {
      return { value: await entry.loading, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #load(id: string, load: () => Promise<Model>): Promise<Model> {
    await this.#makeRoom();
    try {
      const value = await load();
      const entry = this.#entries.get(id);
      if (entry) entry.value = value;
      return value;
    } catch (error) {
      this.#entries.delete(id);
      this.#places--;
      this.#wake();
      throw error;
    }
  }

  async #makeRoom(): Promise<void> {
    while (this.#places >= this.#options.loadedMax) {
      const idle = [...this.#entries].find(([, { value, holders }]) => value && holders === 0);
      if (!idle) {
        await this.#freed.promise;
        continue;
      }
      this.#entries.delete(idle[0]);
      await this.#options.unload(idle[0]);
      this.#places--;
      this.#wake();
    }
    this.#places++;
  }

  /** Lets those who wait for room look again. */
  #wake(): void {
    this.#freed.resolve();
    this.#freed = Promise.withResolvers<void>();
  }
}
