/** State of a generator of random numbers: four numbers that may travel between threads. */
export type RandomState = Uint32Array<ArrayBuffer>;

/**
 * The state for a seed, filled by splitmix32, whose numbers differ in half of their bits for seeds
 * that differ in one.
 *
 * @param seed a whole number from 0 to 2^32 - 1
 */
export function seedRandom(seed: number): RandomState {
  let counter = seed | 0;
  return Uint32Array.from({ length: 4 }, () => {
    counter = (counter + 0x9e3779b9) | 0;
    let mixed = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  });
}

/**
 * The next number of xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021); changes the state in place.
 *
 * @returns a whole number from 0 to 2^32 - 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nextRandom } from "./random.ts";
 *
 * assertEquals(nextRandom(Uint32Array.of(1, 2, 3, 4)), 11520);
 * ```
 */
export function nextRandom(state: RandomState): number {
  const [a, b, c, d] = state as unknown as [number, number, number, number];
  const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
  state[0] = a ^ d ^ b;
  state[1] = b ^ c ^ a;
  state[2] = c ^ a ^ (b << 9);
  state[3] = rotateLeft(d ^ b, 11);
  return result;
}

/** The next number in [0, 1), a multiple of 2^-32. */
export function nextFraction(state: RandomState): number {
  return nextRandom(state) / 2 ** 32;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Gives the next number, evenly spread over [0, 1). */
export type RandomSource = () => number;

/**
 * A source whose numbers follow from its seed alone, on every machine.
 *
 * @param seed its lowest 32 bits count
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createRandom } from "./random.ts";
 *
 * assertEquals(createRandom(7)(), createRandom(7)());
 * ```
 */
export function createRandom(seed: number): RandomSource {
  const state = seedRandom(seed);
  return () => nextFraction(state);
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
