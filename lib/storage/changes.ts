/** Something that other parts of the service, or other replicas, may want to look at again. */
export interface Change {
  /** `everything` after a connection was lost, when changes may have gone by unseen. */
  topic: "everything" | "dataset" | "job" | "model";
  /** Id or name of what changed; empty for `everything`. */
  id: string;
}

/** What is called for each change, after its transaction was committed. */
export type ChangeListener = (change: Change) => void;

/** Passes changes on to the listeners of this process. */
export class ChangeEmitter {
  readonly #listeners = new Set<ChangeListener>();

  /** Calls every listener. One that throws is the programming fault of its owner. */
  emit(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Adds a listener until the result is disposed of. */
  add(listener: ChangeListener): Disposable {
    // A function of its own, so that one listener added twice is called twice.
    const added: ChangeListener = (change) => listener(change);
    this.#listeners.add(added);
    return { [Symbol.dispose]: () => void this.#listeners.delete(added) };
  }
}

const TOPICS: ReadonlySet<string> = new Set<Change["topic"]>([
  "everything",
  "dataset",
  "job",
  "model",
]);

/**
 * Reads a change as it travels between replicas.
 *
 * @returns `undefined` for what is none, such as the message of a newer version.
 */
export function parseChange(text: string): Change | undefined {
  try {
    const { topic, id } = JSON.parse(text);
    return TOPICS.has(topic) && typeof id === "string" ? { topic, id } : undefined;
  } catch {
    return undefined;
  }
}
