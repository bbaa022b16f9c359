import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { findGraphOutput } from "../../../models/formats/find_graph_output.ts";
import type { TfjsNode } from "../../../models/formats/tfjs_attributes.ts";

function make(name: string, op: string, ...inputs: string[]): TfjsNode {
  return { name, op, inputs, attributes: {} };
}

const NODES = [make("w", "Const"), make("x", "Placeholder"), make("y", "Relu", "x")];
const OPTIONS = { signature: undefined, unread: ["Const"] };

Deno.test("findGraphOutput() gives what no other reads, or what the signature names", () => {
  assertEquals(findGraphOutput(NODES, OPTIONS), "y");
  const signature = { outputs: { scores: { name: "x:0" } } };
  assertEquals(findGraphOutput(NODES, { ...OPTIONS, signature }), "x:0");
});

Deno.test("findGraphOutput() refuses none, and more than one", () => {
  const two = [...NODES, make("z", "NoOp", "x")];
  assertThrows(() => findGraphOutput(two, OPTIONS), ServiceError, "one output: found 2");
  assertEquals(findGraphOutput(two, { ...OPTIONS, unread: ["Const", "NoOp"] }), "y");
  assertThrows(() => findGraphOutput([], OPTIONS), ServiceError, "one output: found 0");
});
