import { untilAborted } from "../lib/until_aborted.ts";

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
   * @param signal ends the waiting; a model that nobody waits for any longer is not loaded
   * @throws {Error} of `load`; the next call tries again
   * @throws the signal's reason when it aborts
   */
  async acquire(
    id: string,
    load: () => Promise<Model>,
    signal?: AbortSignal,
  ): Promise<HeldModel<Model>> {
    signal?.throwIfAborted();
    const entry = this.#entries.get(id) ?? this.#open(id, load);
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
      const value = await (signal ? untilAborted(entry.loading, signal) : entry.loading);
      return { value, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #open(id: string, load: () => Promise<Model>): Entry<Model> {
    // It begins when the one who asks is counted as its holder.
    const loading = Promise.resolve().then(() => this.#load(id, entry, load));
    // All who wait for it may be gone when it fails.
    loading.catch(() => {});
    const entry: Entry<Model> = { loading, value: undefined, holders: 0 };
    return entry;
  }

  async #load(id: string, entry: Entry<Model>, load: () => Promise<Model>): Promise<Model> {
    let hasPlace = false;
    try {
      await this.#takePlace(id, entry);
      hasPlace = true;
      entry.value = await load();
      // Those who waited for it may be gone.
      this.#wake();
      return entry.value;
    } catch (error) {
      this.#forget(id, entry);
      if (hasPlace) this.#places--;
      this.#wake();
      throw error;
    }
  }

  /** @throws {Error} if nobody waits for the model any longer */
  async #takePlace(id: string, entry: Entry<Model>): Promise<void> {
    while (true) {
      if (entry.holders === 0) {
        // Now, as whoever asks in the next moment would fail with it.
        this.#forget(id, entry);
        throw new Error("Nobody waits for the model any longer");
      }
      if (this.#places < this.#options.loadedMax) break;
      const idle = [...this.#entries].find(([, { value, holders }]) => value && holders === 0);
      if (idle) {
        this.#entries.delete(idle[0]);
        await this.#options.unload(idle[0]);
        this.#places--;
        this.#wake();
      } else {
        await this.#freed.promise;
      }
    }
    this.#places++;
  }

  /** Makes the next who asks open another entry. */
  #forget(id: string, entry: Entry<Model>): void {
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
  }

  /** Lets those who wait for room look again. */
  #wake(): void {
    this.#freed.resolve();
    this.#freed = Promise.withResolvers<void>();
  }
}
