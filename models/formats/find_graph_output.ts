import type { ModelSignature } from "../tensors.ts";
import type { TfjsNode } from "./tfjs_attributes.ts";
import { isRecord, refuse } from "./tfjs_files.ts";

/**
 * Finds the value that a graph answers with: the one that its signature names, or else the node that no
 * other reads.
 *
 * @param unread operations whose value nobody need read
 * @returns the name of a node, perhaps with the number of its output
 * @throws {ServiceError} `model_unusable` if there is none, or more than one
 */
export function findGraphOutput(
  nodes: readonly TfjsNode[],
  { signature, unread }: { signature: ModelSignature; unread: readonly string[] },
): string {
  const outputs = isRecord(signature?.outputs) ? Object.values(signature.outputs) : [];
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const names = outputs.length > 0
    ? outputs.map((each) => isRecord(each) ? String(each.name) : "")
    : nodes.filter(({ name, op }) => !unread.includes(op) && !read.has(name))
      .map(({ name }) => name);
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw refuse(`it must have one output: found ${names.length}`);
  }
  return name;
}
