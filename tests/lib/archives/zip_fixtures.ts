import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";

export interface ZipFixtureEntry {
  path: string;
  content?: string | Uint8Array;
  /** Options of zip.js: a password, a mode, a folder. */
  options?: Parameters<ZipWriter<unknown>["add"]>[2];
}

/** A zip file with paths and options that `zipFiles()` would not write. */
export async function makeZip(entries: ZipFixtureEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const { path, content = "", options = {} } of entries) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await writer.add(path, options.directory ? undefined : new Uint8ArrayReader(bytes), options);
  }
  return await writer.close() as Uint8Array<ArrayBuffer>;
}

/** The same file with every occurrence of some bytes replaced by others of the same length. */
export function replaceBytes(
  bytes: Uint8Array<ArrayBuffer>,
  from: Uint8Array,
  to: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const changed = bytes.slice();
  for (let i = 0; i + from.length <= bytes.length; i++) {
    if (from.every((byte, offset) => bytes[i + offset] === byte)) changed.set(to, i);
  }
  return changed;
}
