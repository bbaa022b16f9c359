import { ServiceError } from "../lib/service_error.ts";

/** Tells the shape of numbers without JSON, in requests as in answers: `29,12`. */
export const SHAPE_HEADER = "X-Shape";

const SHAPE = /^\d{1,9}( ?, ?\d{1,9}){0,7}$/;

/**
 * Reads the header.
 *
 * @param text as it came, or nothing
 * @returns lengths of the axes, the outermost first
 * @throws {ServiceError} `invalid_value` if it is missing or is no list of whole numbers
 */
export function readShape(text: string | undefined): number[] {
  if (text !== undefined && SHAPE.test(text)) return text.split(",").map(Number);
  const found = text === undefined ? "it is missing" : `found ${JSON.stringify(text.slice(0, 60))}`;
  throw new ServiceError(
    "invalid_value",
    `Cannot read the numbers as the header ${SHAPE_HEADER} must have their shape, ` +
      `whole numbers with commas between them: ${found}`,
    { param: SHAPE_HEADER },
  );
}
