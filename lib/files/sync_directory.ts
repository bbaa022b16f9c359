/**
 * Waits until the names in a directory are on the disk. A file that was renamed into place is safe
 * from a power cut only after this. Windows cannot open a directory and keeps its names by itself,
 * so nothing is done there.
 */
export async function syncDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using directory = await Deno.open(path);
  await directory.sync();
}
