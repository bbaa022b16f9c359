/** Archives for tests. */
import { TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import type { ArchiveLimits } from "../../../lib/archives/zip_archive.ts";

export const ARCHIVE_LIMITS: ArchiveLimits = {
  entriesMax: 100,
  fileBytesMax: 100_000,
  totalBytesMax: 1_000_000,
  ratioMax: 1000,
};

type WriterOptions = ConstructorParameters<typeof ZipWriter>[1];

/** Packs texts and bytes by path. */
export async function makeZip(
  files: readonly (readonly [path: string, content: string | Uint8Array])[],
  options: WriterOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, ...options });
  for (const [path, content] of files) {
    const reader = typeof content === "string"
      ? new TextReader(content)
      : new Uint8ArrayReader(content);
    await writer.add(path, path.endsWith("/") ? undefined : reader, {
      directory: path.endsWith("/"),
    });
  }
  return new Uint8Array(await writer.close());
}

/** Replaces every occurrence of a text by another of the same length. */
export function patchText(
  bytes: Uint8Array<ArrayBuffer>,
  from: string,
  to: string,
): Uint8Array<ArrayBuffer> {
  // Latin-1 keeps every byte.
  const text = [...bytes].map((byte) => String.fromCharCode(byte)).join("");
  return Uint8Array.from(text.replaceAll(from, to), (character) => character.charCodeAt(0));
}
