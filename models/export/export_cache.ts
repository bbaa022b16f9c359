/** Settings of an {@linkcode ExportCache}. */
export interface ExportCacheOptions {
  /** Most bytes that are kept. */
  bytesMax: number;
}

/**
 * The last exports: whoever loads a model file by file asks for the same export several times within
 * a second. The one that was not asked for longest makes room.
 */
export class ExportCache {
  readonly #bytesMax: number;
  /** Least recently used first. */
  readonly #exports = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #running = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  /** Holds nothing yet. */
  constructor({ bytesMax }: ExportCacheOptions) {
    this.#bytesMax = bytesMax;
  }

  /**
   * The export of this key; those who ask for one that is being made wait for the same.
   *
   * @param key says all that the export depends on
   * @throws {Error} of `make`; the next call tries again
   */
  async get(
    key: string,
    make: () => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const kept = this.#exports.get(key);
    if (kept) {
      // Set anew, so that it stands last.
      this.#keep(key, kept);
      return kept;
    }
    const running = this.#running.get(key) ?? make();
    this.#running.set(key, running);
    try {
      const bytes = await running;
      this.#keep(key, bytes);
      return bytes;
    } finally {
      if (this.#running.get(key) === running) this.#running.delete(key);
    }
  }

  #keep(key: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#exports.delete(key);
    if (bytes.length > this.#bytesMax) return;
    this.#exports.set(key, bytes);
    let total = [...this.#exports.values()].reduce((sum, { length }) => sum + length, 0);
    for (const [oldest, { length }] of this.#exports) {
      if (total <= this.#bytesMax) return;
      this.#exports.delete(oldest);
      total -= length;
    }
  }
}
