/** Resource forks of macOS, and files whose name begins with a dot. */
const LITTER = /(^|\/)(__MACOSX\/|\.|(thumbs\.db|desktop\.ini)$)/i;

/**
 * Says whether an operating system has put a file into an archive by itself, as macOS and Windows do.
 *
 * @param path folders and name, separated by slashes
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isArchiveLitter } from "./archive_litter.ts";
 *
 * assertEquals(["cats/a.jpg", "__MACOSX/cats/._a.jpg"].map(isArchiveLitter), [false, true]);
 * ```
 */
export function isArchiveLitter(path: string): boolean {
  return LITTER.test(path);
}
