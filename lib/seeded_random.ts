/** Gives the next number, evenly spread over [0, 1). */
export type RandomSource = () => number;

/**
 * A generator whose numbers follow from its seed alone, on every machine: mulberry32 (Tommy
 * Ettinger), which passes the usual statistical tests and is not for secrets.
 *
 * @param seed its lowest 32 bits count
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createRandom } from "./seeded_random.ts";
 *
 * assertEquals(createRandom(7)(), createRandom(7)());
 * ```
 */
export function createRandom(seed: number): RandomSource {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Puts the values into a random order, in place (Fisher and Yates). */
export function shuffle(values: Uint32Array | number[], random: RandomSource): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const value = values[last] as number;
    values[last] = values[other] as number;
    values[other] = value;
  }
}
