/**
 * Writes all of `bytes` at the file's position. One `write` may take only a part, as it does when
 * the disk is nearly full.
 *
 * @throws {Error} as the file system reports it, for example with the code `ENOSPC`.
 */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await file.write(bytes.subarray(written));
}
