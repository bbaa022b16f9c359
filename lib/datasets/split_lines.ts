import { ServiceError } from "../service_error.ts";

const NEWLINE = 0x0a;

/**
 * Splits a stream of UTF-8 into its lines, without their ends. Only one line is in memory at a time.
 *
 * @throws {ServiceError} `body_too_large` when a line has more than `lineBytesMax` bytes,
 * `malformed_request` when it is not UTF-8
 */
export async function* splitLines(
  stream: ReadableStream<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  function keep(part: Uint8Array): void {
    length += part.length;
    if (length > lineBytesMax) {
      throw new ServiceError(
        "body_too_large",
        `Cannot read line ${number} as it must have at most ${lineBytesMax} bytes`,
      );
    }
    if (part.length > 0) parts.push(part);
  }
  function take(): string {
    const line = decodeLine(parts, number);
    parts = [];
    length = 0;
    number++;
    return line;
  }
  for await (const chunk of stream) {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      keep(chunk.subarray(start, end));
      yield take();
    }
    keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}

function decodeLine(parts: readonly Uint8Array[], number: number): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    const text = parts.map((part) => decoder.decode(part, { stream: true })).join("");
    return (text + decoder.decode()).replace(/\r$/, "");
  } catch (error) {
    throw new ServiceError("malformed_request", `Cannot read line ${number} as UTF-8`, {
      cause: error,
    });
  }
}
