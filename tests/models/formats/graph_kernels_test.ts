import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import type { GraphNode } from "../../../models/formats/graph.ts";
import { createKernel, reshape } from "../../../models/formats/graph_kernels.ts";
import { startTestBackend } from "./test_backend.ts";

const NODE = { origin: "test", input: 0, output: 1 } as const;

/** Runs one node on one value. */
async function run(
  node: GraphNode,
  input: number[],
  shape = [1, 1, 1, input.length],
): Promise<number[]> {
  await startTestBackend();
  const x = tf.tensor(input, shape);
  const { run, weights } = createKernel(node);
  const y = tf.tidy(() => run(() => x));
  const values = Array.from(y.dataSync());
  tf.dispose([x, y, ...weights]);
  return values;
}

Deno.test("createKernel() runs every activation alone", async () => {
  const inputs = [-4, -1.5, 0, 1.5, 7];
  const expected = {
    linear: inputs,
    relu: [0, 0, 0, 1.5, 7],
    relu6: [0, 0, 0, 1.5, 6],
    hard_swish: [0, -0.375, 0, 1.125, 7],
  } as const;
  for (const [activation, values] of Object.entries(expected)) {
    const node = {
      ...NODE,
      op: "activation",
      activation: activation as keyof typeof expected,
    } as const;
    assertEquals((await run(node, inputs)).map((value) => value + 0), [...values]);
  }
});

Deno.test("createKernel() runs softmax over the last axis", async () => {
  assertEquals(await run({ ...NODE, op: "softmax" }, [0, 0, 5, 5], [1, 2, 1, 2]), [
    0.5,
    0.5,
    0.5,
    0.5,
  ]);
});

Deno.test("createKernel() runs an activation that no fused kernel knows behind the node", async () => {
  const kernel = { shape: [2, 1], values: new Float32Array([1, 1]) };
  const node = { ...NODE, op: "dense", kernel, bias: undefined, activation: "hard_swish" } as const;
  assertEquals(await run(node, [1, 0.5]), [1.125]);
});

Deno.test("createKernel() takes the mean of one pixel", async () => {
  const node: GraphNode = { ...NODE, op: "mean", axes: [1, 2], keepDimensions: false };
  assertEquals(await run(node, [3, 5]), [3, 5]);
});

Deno.test("createKernel() takes the mean of more channels than XNNPACK can pool", async () => {
  const node: GraphNode = { ...NODE, op: "mean", axes: [1, 2], keepDimensions: true };
  const means = await run(node, Array(4 * 4 * 50_000).fill(2), [1, 4, 4, 50_000]);
  assertEquals(means, Array(50_000).fill(2));
});

Deno.test("reshape() keeps the batch", async () => {
  await startTestBackend();
  assertEquals(reshape(tf.zeros([3, 2, 2]), [4]).shape, [3, 4]);
});
