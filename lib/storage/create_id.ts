const RANDOM_BYTES = 12;

/**
 * Makes an id that is used nowhere else, such as `ftjob-5f2b8c0d9e1a3b4c5d6e7f80`: the kind of the
 * thing and 96 random bits.
 */
export function createId(kind: "dataset" | "sample" | "ftjob" | "upload"): string {
  return `${kind}-${crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toHex()}`;
}
