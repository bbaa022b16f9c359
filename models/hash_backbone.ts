import { createHash } from "node:crypto";
import type { ModelInput } from "./model_description.ts";

/** A file of a network, by its content. */
export interface HashedFile {
  /** Among the files of the network. */
  path: string;
  /** Of its content, in lower-case hexadecimal. */
  sha256: string;
}

/**
 * One hash over the files of a network, their names included.
 *
 * @param input how pictures, text or numbers become the input of the network, where the same files
 * may be used with another one: other features come out of it
 * @returns SHA-256 in lower-case hexadecimal
 */
export function hashBackbone(files: readonly HashedFile[], input?: ModelInput): string {
  const lines = files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join("");
  const read = input ? JSON.stringify(input, Object.keys(input).sort()) : "";
  return createHash("sha256").update(lines).update(read).digest("hex");
}
