import { ServiceError } from "../../lib/service_error.ts";
import { untilAborted } from "../../lib/until_aborted.ts";
import type { SequenceState } from "./state_token.ts";
import { Tombstones } from "./tombstones.ts";

/** What a sequence is made for. */
export interface SequenceOrigin {
  /** Whoever made it; nobody else sees it. */
  owner: string;
  /** Name of the model. */
  model: string;
  /** Its version, which the sequence keeps. */
  version: number;
  /** Id of the version. */
  modelId: string;
}

/** A sequence whose state is kept. */
export interface Sequence extends SequenceOrigin {
  /** Not to be guessed. */
  id: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** When it is forgotten without another step, in milliseconds since 1970. */
  expiresAt: number;
  /** Steps so far. */
  steps: number;
  /** After the last step; `undefined` before the first, which stands for zeros. */
  state: Float32Array<ArrayBuffer> | undefined;
}

/** Names a sequence as its owner does. */
export interface SequenceAddress {
  /** As given. */
  id: string;
  /** Of the model in the address. */
  model: string;
  /** Whoever asks. */
  owner: string;
}

/** Settings of a {@linkcode SequenceStore}. */
export interface SequenceStoreOptions {
  /** Most sequences. */
  sequencesMax: number;
  /** A sequence without a step for so long is forgotten, in milliseconds. */
  timeToLiveMs: number;
  /** Most steps of one sequence that wait for another. */
  stepsWaitingMax?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** A place in the line of those who step one sequence; disposed of, it lets the next one go on. */
export interface SequenceTurn extends Disposable {
  /** Resolves with the sequence when those before are done, and is rejected if it is gone by then. */
  ready(signal: AbortSignal): Promise<Readonly<Sequence>>;
  /**
   * Keeps where the sequence stands now.
   *
   * @throws {ServiceError} if it is gone meanwhile
   */
  commit(next: SequenceState): Readonly<Sequence>;
}

interface Entry {
  sequence: Sequence;
  /** Resolves when all who have a turn are done. */
  line: Promise<void>;
  turns: number;
}

const STEPS_WAITING_MAX = 16;

/**
 * The sequences whose state this process keeps. The least recently used one makes room for another;
 * those that are being stepped stay. Steps of one sequence come one after the other, in the order of
 * their arrival.
 */
export class SequenceStore {
  /** In the order of their last use, which is the order in which they expire. */
  readonly #entries = new Map<string, Entry>();
  readonly #tombstones = new Tombstones();
  readonly #options: Required<SequenceStoreOptions>;

  /** Empty. */
  constructor(options: SequenceStoreOptions) {
    this.#options = { stepsWaitingMax: STEPS_WAITING_MAX, now: Date.now, ...options };
  }

  /** How many there are. */
  get size(): number {
    this.#removeExpired();
    return this.#entries.size;
  }

  /** How many have expired or were evicted so far. */
  get lost(): Readonly<Record<"expired" | "evicted", number>> {
    this.#removeExpired();
    const { expired, evicted } = this.#tombstones.counts;
    return { expired, evicted };
  }

  /**
   * Makes a sequence that begins with a state of zeros.
   *
   * @throws {ServiceError} `queue_full` if there is no room, as all are being stepped
   */
  create(origin: SequenceOrigin): Readonly<Sequence> {
    this.#removeExpired();
    if (this.#entries.size >= this.#options.sequencesMax) this.#evict();
    const now = this.#options.now();
    const sequence: Sequence = {
      ...origin,
      id: `sequence-${crypto.getRandomValues(new Uint8Array(16)).toHex()}`,
      createdAt: now,
      expiresAt: now + this.#options.timeToLiveMs,
      steps: 0,
      state: undefined,
    };
    this.#entries.set(sequence.id, { sequence, line: Promise.resolve(), turns: 0 });
    return sequence;
  }

  /**
   * One sequence.
   *
   * @throws {ServiceError} `sequence_not_found`; `sequence_expired`, `sequence_evicted` or
   *   `sequence_deleted` as long as that is remembered
   */
  find(address: SequenceAddress): Readonly<Sequence> {
    return this.#find(address).sequence;
  }

  /** Those of an owner on a model, the least recently used first. */
  list({ model, owner }: Omit<SequenceAddress, "id">): Readonly<Sequence>[] {
    this.#removeExpired();
    return [...this.#entries.values()].map(({ sequence }) => sequence)
      .filter((sequence) => sequence.model === model && sequence.owner === owner);
  }

  /**
   * Forgets a sequence. A step that runs ends without effect.
   *
   * @throws {ServiceError} as {@linkcode SequenceStore.find}
   */
  delete(address: SequenceAddress): void {
    this.#remove(this.#find(address).sequence, "deleted");
  }

  /** Deletes a sequence that nobody will ask for any more; one that is gone is no error. */
  forget({ id }: Pick<Sequence, "id">): void {
    this.#entries.delete(id);
  }

  /**
   * Takes a place in the line of a sequence: at once, so that the order of arrival counts, also
   * where a body takes long to arrive. It lives on from now.
   *
   * @throws {ServiceError} as {@linkcode SequenceStore.find}, and `queue_full` if too many wait
   */
  enter(address: SequenceAddress): SequenceTurn {
    const entry = this.#find(address);
    const { stepsWaitingMax } = this.#options;
    if (entry.turns > stepsWaitingMax) {
      throw new ServiceError(
        "queue_full",
        `Cannot step the sequence as at most ${stepsWaitingMax} steps may wait for another: ` +
          `${entry.turns - 1} wait`,
        { retryAfterSeconds: 1 },
      );
    }
    const before = entry.line;
    const done = Promise.withResolvers<void>();
    entry.line = Promise.all([before, done.promise]).then(() => {});
    entry.turns++;
    this.#renew(entry);
    let isOver = false;
    return {
      ready: async (signal) => {
        await untilAborted(before, signal);
        return this.#find(address).sequence;
      },
      commit: ({ state, steps }) => {
        const { sequence } = this.#find(address);
        return Object.assign(sequence, { state, steps });
      },
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        entry.turns--;
        done.resolve();
        if (this.#entries.get(address.id) === entry) this.#renew(entry);
      },
    };
  }

  #find({ id, model, owner }: SequenceAddress): Entry {
    this.#removeExpired();
    const entry = this.#entries.get(id);
    if (entry && entry.sequence.owner === owner && entry.sequence.model === model) return entry;
    throw this.#tombstones.explain({ id, model, owner });
  }

  #renew(entry: Entry): void {
    const { id } = entry.sequence;
    entry.sequence.expiresAt = this.#options.now() + this.#options.timeToLiveMs;
    this.#entries.delete(id);
    this.#entries.set(id, entry);
  }

  /** Looks only at the oldest, as all live equally long. */
  #removeExpired(): void {
    const now = this.#options.now();
    for (const { sequence, turns } of this.#entries.values()) {
      if (sequence.expiresAt > now) return;
      if (turns === 0) this.#remove(sequence, "expired");
    }
  }

  #evict(): void {
    for (const { sequence, turns } of this.#entries.values()) {
      if (turns === 0) return this.#remove(sequence, "evicted");
    }
    throw new ServiceError(
      "queue_full",
      `Cannot make a sequence as there may be ${this.#options.sequencesMax}: ` +
        "all of them are being stepped",
      { retryAfterSeconds: 1 },
    );
  }

  #remove(sequence: Sequence, reason: "expired" | "evicted" | "deleted"): void {
    this.#entries.delete(sequence.id);
    this.#tombstones.add(sequence, reason);
  }
}
