const REASONS: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "this user has no permission",
  EPERM: "this user has no permission",
  EIO: "the disk reports a fault",
};

/**
 * Says in words why a file operation failed: the usual faults of a disk in plain English, anything
 * else in the words of the error itself.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { describeFileError } from "./describe_file_error.ts";
 *
 * const error = Object.assign(new Error("os error 28"), { code: "ENOSPC" });
 * assertEquals(describeFileError(error), "the disk is full");
 * ```
 */
export function describeFileError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  return (typeof code === "string" ? REASONS[code] : undefined) ?? error.message;
}
