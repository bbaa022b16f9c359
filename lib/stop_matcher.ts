/**
 * Watches text that grows character by character for the first of several stop strings. What may
 * still become one is held back, so that no part of a stop string is ever given out.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StopMatcher } from "./stop_matcher.ts";
 *
 * const matcher = new StopMatcher(["END"]);
 * assertEquals([..."aENb"].map((character) => matcher.push(character)), ["a", "", "", "ENb"]);
 * ```
 */
export class StopMatcher {
  readonly #stops: readonly string[];
  #held = "";
  #isStopped = false;

  /** Strings of at least one character; with none, nothing is held back. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** True once a stop string was completed. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Adds a character and gives the text that can be given out, which may be empty. */
  push(character: string): string {
    this.#held += character;
    const ends = this.#stops.filter((stop) => this.#held.endsWith(stop));
    if (ends.length > 0) {
      this.#isStopped = true;
      const longest = Math.max(...ends.map((stop) => stop.length));
      return this.#release(this.#held.length - longest, "");
    }
    let keep = this.#held.length;
    while (keep > 0 && !this.#stops.some((stop) => stop.startsWith(this.#held.slice(-keep)))) {
      keep--;
    }
    const cut = this.#held.length - keep;
    return this.#release(cut, this.#held.slice(cut));
  }

  /** Gives out what is held back when no more text comes. */
  flush(): string {
    return this.#release(this.#held.length, "");
  }

  #release(length: number, rest: string): string {
    const released = this.#held.slice(0, length);
    this.#held = rest;
    return released;
  }
}
