/**
 * Reads a label file: UTF-8, one class name per line, in the order of the network's outputs. Where
 * every line starts with its own index (`0  background`), the index is cut off. Names may repeat,
 * as two of ImageNet's do.
 *
 * @throws {SyntaxError} when the text is not UTF-8 or a line is empty.
 * @throws {RangeError} when the file does not have exactly `classCount` lines.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseLabels } from "./parse_labels.ts";
 *
 * const labels = parseLabels(new TextEncoder().encode("0  cat\n1  dog\n"), 2);
 * assertEquals(labels, ["cat", "dog"]);
 * ```
 */
export function parseLabels(bytes: Uint8Array, classCount: number): string[] {
  const lines = decode(bytes).trimEnd().split("\n").map((line) => line.trim());
  if (lines.length !== classCount) {
    throw new RangeError(
      `Cannot read labels as there must be one line for each of ${classCount} classes: ` +
        `current number of lines is ${lines.length}`,
    );
  }
  const emptyAt = lines.indexOf("");
  if (emptyAt >= 0) throw new SyntaxError(`Cannot read labels as line ${emptyAt + 1} is empty`);

  const indexed = lines.map((line) => /^(\d+)\s+(.+)$/.exec(line));
  // A class may be called `3 dots`: digits are an index only where all lines count from 0.
  const counted = indexed.every((match, index) => Number(match?.[1]) === index);
  return counted ? indexed.map((match) => match?.[2] ?? "") : lines;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SyntaxError("Cannot read labels as the file is not UTF-8 text", { cause });
  }
}
