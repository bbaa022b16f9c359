import { type ErrorCode, ServiceError } from "../../lib/service_error.ts";
import type { SequenceAddress } from "./sequence_store.ts";

/** Why a sequence is gone. */
export type SequenceEnd = "expired" | "evicted" | "deleted";

const REASONS: Record<SequenceEnd, { code: ErrorCode; because: string }> = {
  expired: {
    code: "sequence_expired",
    because: "it had no step for longer than SEQUENCE_TTL_MS",
  },
  evicted: {
    code: "sequence_evicted",
    because: "it was the least recently used one when another needed its place",
  },
  deleted: { code: "sequence_deleted", because: "it was deleted" },
};

/** Most sequences whose end is remembered: some 2 MB. */
const REMEMBERED_MAX = 10_000;

/** Remembers for a while why sequences are gone, so that their clients can be told. */
export class Tombstones {
  readonly #ends = new Map<string, Omit<SequenceAddress, "id"> & { end: SequenceEnd }>();
  readonly #rememberedMax: number;
  /** How many came to each end, those included that are forgotten by now. */
  readonly counts: Record<SequenceEnd, number> = { expired: 0, evicted: 0, deleted: 0 };

  /** Remembers nothing yet. */
  constructor(rememberedMax = REMEMBERED_MAX) {
    this.#rememberedMax = rememberedMax;
  }

  /** The oldest end is forgotten where there are too many. */
  add({ id, model, owner }: SequenceAddress, end: SequenceEnd): void {
    this.counts[end]++;
    this.#ends.set(id, { model, owner, end });
    if (this.#ends.size <= this.#rememberedMax) return;
    for (const oldest of this.#ends.keys()) {
      this.#ends.delete(oldest);
      return;
    }
  }

  /** The error of whoever asks for a sequence that is not there. */
  explain({ id, model, owner }: SequenceAddress): ServiceError {
    const found = this.#ends.get(id);
    // Whether a sequence of somebody else exists is nobody's business.
    if (!found || found.model !== model || found.owner !== owner) {
      return new ServiceError(
        "sequence_not_found",
        `Cannot find sequence ${id} of model ${model}; POST /v1/models/${model}/sequences makes one`,
      );
    }
    const { code, because } = REASONS[found.end];
    return new ServiceError(code, `Cannot go on with sequence ${id} as ${because}`);
  }
}
