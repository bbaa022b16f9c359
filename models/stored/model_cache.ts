import type { OpenDatabase } from "../../lib/storage/database.ts";
import { findModel, type StoredModel } from "../../lib/storage/models/stored_models.ts";

/**
 * Stored models, read once and kept until a replica changes them. Nothing is kept of names that no
 * model has, so that it holds no more than the database.
 */
export class ModelCache implements Disposable {
  readonly #database: OpenDatabase;
  readonly #models = new Map<string, Promise<StoredModel | undefined>>();
  readonly #watch: Disposable;

  /** Reads nothing yet. */
  constructor(database: OpenDatabase) {
    this.#database = database;
    this.#watch = database.watchChanges(({ topic, id }) => {
      if (topic === "model") this.forget(id);
      if (topic === "everything") this.#models.clear();
    });
  }

  /** The model of this name, or `undefined`. */
  find(name: string): Promise<StoredModel | undefined> {
    const known = this.#models.get(name);
    if (known) return known;
    const reading = findModel(this.#database, name);
    this.#models.set(name, reading);
    const forget = () => {
      // A change that came meanwhile has led to another reading.
      if (this.#models.get(name) === reading) this.#models.delete(name);
    };
    reading.then((model) => model ?? forget(), forget);
    return reading;
  }

  /**
   * Reads a model anew when it is next asked for. Changes are noticed anyway; whoever makes one and
   * wants to see it at once calls this.
   */
  forget(name: string): void {
    this.#models.delete(name);
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}
