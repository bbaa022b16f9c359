import { createHash } from "node:crypto";

/**
 * The content hash of a dataset: SHA-256 over the hash and class of every sample, in lower-case
 * hexadecimal. It depends neither on the order of the samples nor on their names.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hashSamples } from "./hash_samples.ts";
 *
 * const [cat, dog] = [{ sha256: "aa", class: "cat" }, { sha256: "bb", class: "dog" }];
 * assertEquals(hashSamples([cat, dog]), hashSamples([dog, cat]));
 * ```
 */
export function hashSamples(samples: readonly { sha256: string; class: string }[]): string {
  const lines = samples.map((sample) => JSON.stringify([sample.sha256, sample.class])).sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}
