import { ServiceError } from "../lib/service_error.ts";

/** Brings the state of a sequence along with a body that has no place for it: CSV, text, float32. */
export const STATE_HEADER = "X-State";

/**
 * The most that a state has in a header: servers and proxies bound headers at 16 KiB or less, where 2,800
 * numbers fit. Longer ones go into JSON.
 */
const CHARACTERS_MAX = 15_000;

/**
 * Reads the header.
 *
 * @param text as it came, or nothing
 * @throws {ServiceError} `invalid_value` if it is too long for a header
 */
export function readState(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= CHARACTERS_MAX) return text;
  throw new ServiceError(
    "invalid_value",
    `Cannot read the header ${STATE_HEADER} as it must have at most ${CHARACTERS_MAX} characters: ` +
      `found ${text.length}; send the state in a JSON body`,
    { param: STATE_HEADER },
  );
}
