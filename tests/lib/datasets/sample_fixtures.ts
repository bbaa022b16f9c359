/** Uploads for tests. */
import type { SampleSource } from "../../../lib/datasets/sample_source.ts";

/** A stream of the bytes of texts, in pieces of a few bytes. */
export function streamText(text: string, pieceBytes = 7): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    pieces.push(bytes.subarray(at, at + pieceBytes));
  }
  return ReadableStream.from(pieces);
}

/** What a source gives: `[name, class, content as text]`, or `[name, code]` of a rejected sample. */
export async function readAll(source: SampleSource): Promise<string[][]> {
  const found: string[][] = [];
  for await (const sample of source) {
    found.push(
      "reason" in sample
        ? [sample.name, sample.code]
        : [sample.name, sample.class, new TextDecoder().decode(sample.bytes)],
    );
  }
  return found;
}
