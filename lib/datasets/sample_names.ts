import { ServiceError } from "../service_error.ts";
import { copyText } from "../copy_text.ts";

const CLASS_LENGTH_MAX = 100;
const NAME_LENGTH_MAX = 255;

/** Control characters, line separators, and halves of characters that no encoding can hold. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Makes the class of a sample comparable: without spaces around it, in Unicode's composed form, as
 * macOS names folders with decomposed letters.
 *
 * @throws {ServiceError} `invalid_sample` when it is empty, too long or cannot be printed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readClassName } from "./sample_names.ts";
 *
 * assertEquals(readClassName(" cat "), "cat");
 * ```
 */
export function readClassName(text: string): string {
  const name = text.trim().normalize("NFC");
  if (name.length >= 1 && name.length <= CLASS_LENGTH_MAX && !UNPRINTABLE.test(name)) {
    return copyText(name);
  }
  throw new ServiceError(
    "invalid_sample",
    `Cannot use class name as it must have 1 to ${CLASS_LENGTH_MAX} printable characters: ` +
      JSON.stringify(name.slice(0, CLASS_LENGTH_MAX)),
  );
}

/** Makes the name of a file or line printable, and keeps its end, which tells files apart. */
export function cleanSampleName(text: string): string {
  const end = copyText(text.slice(-NAME_LENGTH_MAX));
  return end.replaceAll(new RegExp(UNPRINTABLE, "gu"), "\ufffd").toWellFormed();
}
