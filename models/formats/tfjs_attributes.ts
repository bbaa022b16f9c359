import { isRecord, refuse } from "./tfjs_files.ts";

/** One node of a graph model, as `model.json` has it. */
export interface TfjsNode {
  /** Unique in the file. */
  name: string;
  /** What it computes, in TensorFlow's words. */
  op: string;
  /** Names of the nodes that it reads. */
  inputs: string[];
  /** By name; each is an object with one field for its type. */
  attributes: Record<string, unknown>;
}

/**
 * Reads the nodes of a graph model.
 *
 * @throws {ServiceError} `model_unusable` if one has no name or no op
 */
export function readTfjsNodes({ node: nodes }: Record<string, unknown>): TfjsNode[] {
  if (!Array.isArray(nodes)) throw refuse(`"modelTopology" must hold the "node" of a graph model`);
  return nodes.map((node: unknown) => {
    if (!isRecord(node) || typeof node.name !== "string" || typeof node.op !== "string") {
      throw refuse("each node must have a name and an op");
    }
    const inputs = Array.isArray(node.input)
      ? node.input.map((each) => stripPort(String(each)))
      : [];
    const attributes = isRecord(node.attr) ? node.attr : {};
    return { name: node.name, op: node.op, inputs, attributes };
  });
}

/** Names one output of a node. */
export interface ValueName {
  /** Of the node, or of an argument of a function. */
  name: string;
  /** Which of its outputs. */
  port: number;
}

/**
 * Reads nodes with the outputs that they read: `name`, `name:1`, or in functions `name:output:1`.
 *
 * @throws {ServiceError} `model_unusable` if one has no name or no op
 */
export function readPortedNodes(
  nodes: readonly unknown[],
): { node: TfjsNode; reads: ValueName[] }[] {
  return readTfjsNodes({ node: nodes }).map((node, index) => {
    const { input } = nodes[index] as { input?: unknown };
    const names = Array.isArray(input) ? input.map(String) : [];
    // Those with a caret only say what runs before.
    return { node, reads: names.filter((name) => !name.startsWith("^")).map(readValueName) };
  });
}

/** Takes the name of an output apart. */
export function readValueName(text: string): ValueName {
  const [name = "", ...rest] = text.split(":");
  return { name, port: Number(rest.at(-1) ?? 0) };
}

/** An integer: `{i: "1"}`; 0 where it is missing. */
export function readInteger({ attributes }: TfjsNode, name: string): number {
  const attribute = attributes[name];
  return isRecord(attribute) ? Number(attribute.i ?? 0) : 0;
}

/** The name of a function: `{func: {name}}`; empty where it is missing. */
export function readFunctionName({ attributes }: TfjsNode, name: string): string {
  const attribute = attributes[name];
  const called = isRecord(attribute) ? attribute.func : undefined;
  return isRecord(called) ? String(called.name) : "";
}

/** The name of a node without its output (`name:0`, `name:output:0`), or the mark of what runs before. */
export function stripPort(text: string): string {
  return readValueName(text.replace(/^\^/, "")).name;
}

/** A list of integers: `{list: {i: ["1", "2"]}}`; empty where it is missing. */
export function readIntegers({ attributes }: TfjsNode, name: string): number[] {
  return readList(attributes[name], "i").map(Number);
}

/** A text: `{s: base64}`; empty where it is missing. */
export function readText({ attributes }: TfjsNode, name: string): string {
  const attribute = attributes[name];
  return isRecord(attribute) && typeof attribute.s === "string" ? decodeText(attribute.s) : "";
}

/** A list of texts: `{list: {s: [base64]}}`; empty where it is missing. */
export function readTexts({ attributes }: TfjsNode, name: string): string[] {
  return readList(attributes[name], "s").map((each) => decodeText(String(each)));
}

/** A truth value: `{b: true}`; false where it is missing. */
export function readFlag({ attributes }: TfjsNode, name: string): boolean {
  const attribute = attributes[name];
  return isRecord(attribute) && attribute.b === true;
}

/** A shape: `{shape: {dim: [{size: "-1"}, ...]}}`, -1 where a size is open; empty where it is missing. */
export function readShape(
  { attributes }: Pick<TfjsNode, "attributes">,
  name: string,
): number[] {
  const attribute = attributes[name];
  const shape = isRecord(attribute) ? attribute.shape : undefined;
  const sizes = isRecord(shape) && Array.isArray(shape.dim) ? shape.dim : [];
  return sizes.map((each: unknown) => isRecord(each) ? Number(each.size ?? 0) : NaN);
}

function readList(attribute: unknown, field: "i" | "s"): unknown[] {
  const list = isRecord(attribute) ? attribute.list : undefined;
  const values = isRecord(list) ? list[field] : undefined;
  return Array.isArray(values) ? values : [];
}

function decodeText(base64: string): string {
  try {
    return atob(base64);
  } catch (error) {
    throw refuse(`the texts of its attributes must be in base64: found ${base64}`, error);
  }
}
