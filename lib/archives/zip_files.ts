import { configure, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";

configure({ useWebWorkers: false });

/** The first moment that a zip file can tell, so that the same files give the same bytes. */
const DATE = new Date(1980, 0, 1);

/**
 * Packs files into a zip file, in their order and without compression: weights hardly shrink.
 *
 * @param files by their path, with `/` between its parts
 */
export async function zipFiles(
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), {
    level: 0,
    lastModDate: DATE,
    extendedTimestamp: false,
  });
  for (const [path, bytes] of files) await writer.add(path, new Uint8ArrayReader(bytes));
  return await writer.close() as Uint8Array<ArrayBuffer>;
}
