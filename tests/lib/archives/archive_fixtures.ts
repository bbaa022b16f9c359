/** Archives for tests. */
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import type { ArchiveLimits } from "../../../lib/archives/zip_archive.ts";

export const ARCHIVE_LIMITS: ArchiveLimits = {
  entriesMax: 100,
  totalBytesMax: 1_000_000,
  ratioMax: 1000,
};

/** Options of zip.js: a password, a mode, the level of compression. */
type FileOptions = NonNullable<Parameters<ZipWriter<unknown>["add"]>[2]>;

/** Packs texts and bytes by path, as `zipFiles()` would not: a path with a slash at its end is a folder. */
export async function makeZip(
  files: readonly (readonly [path: string, content: string | Uint8Array, options?: FileOptions])[],
  options: FileOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [path, content, own] of files) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const directory = path.endsWith("/");
    const reader = directory ? undefined : new Uint8ArrayReader(bytes);
    await writer.add(path, reader, { directory, ...options, ...own });
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
