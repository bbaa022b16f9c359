import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { initWasmBackend } from "../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../models/wasm_simd.ts";

const EMPTY_MODULE = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));

Deno.test("initWasmBackend() throws with the cause when the module is not the backend", async () => {
  const error = await assertRejects(() => initWasmBackend(EMPTY_MODULE), Error, "WASM backend");
  assertEquals(error.cause instanceof Error, true);
});

Deno.test("initWasmBackend() makes the WASM backend the active one and computes on it", async () => {
  const info = await initWasmBackend(await loadTfjsWasmModule());
  assertEquals(info, { name: "wasm", simd: true, version: tf.version_core });
  assertEquals(tf.getBackend(), "wasm");
  await assertRejects(() => loadTfjsWasmModule().then(initWasmBackend), Error, "one already");
  const before = tf.memory().numTensors;
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
  assertEquals([...product.dataSync()], [11]);
  product.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("initWasmBackend() makes an allocation throw that the memory has no room for", () => {
  const before = tf.memory().numTensors;
  for (const elements of [2 ** 30 - 1, 2 ** 30, 2 ** 31]) {
    assertThrows(() => tf.tidy(() => tf.fill([elements], 1)), RangeError, "memory of the backend");
  }
  assertEquals(tf.memory().numTensors, before);
  const sum = tf.tidy(() => tf.sum(tf.ones([1000])).dataSync()[0]);
  assertEquals(sum, 1000);
});

Deno.test("initWasmBackend() makes kernels throw whose output would be empty, or smaller than that", () => {
  const before = tf.memory().numTensors;
  const ones = (...shape: [number, number, number, number]) => tf.ones<tf.Rank.R4>(shape);
  const cases: [() => tf.Tensor, string][] = [
    [() => tf.conv2d(ones(1, 4, 4, 3), ones(5, 5, 3, 2), 1, "valid"), "[1, 0, 0, 2]"],
    [() => tf.conv2d(ones(1, 3, 3, 3), ones(5, 5, 3, 2), 1, "valid"), "[1, -1, -1, 2]"],
    [() => tf.maxPool(ones(1, 3, 4, 2), 4, 4, "valid"), "[1, 0, 1, 2]"],
  ];
  for (const [compute, shape] of cases) {
    assertThrows(() => tf.tidy(compute), RangeError, `its shape is ${shape}`);
  }
  // Axes of nothing.
  tf.tidy(() => void assertEquals(tf.slice(tf.tensor1d([1, 2], "int32"), 1, 0).shape, [0]));
  assertEquals(tf.memory().numTensors, before);
});
