import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  hasRecurrentKernels,
  PACK_KERNEL,
  RECURRENT_KERNEL,
  registerRecurrentKernels,
  runRecurrentKernel,
} from "../../../models/kernels/recurrent_kernels.ts";
import { loadRecurrentModule } from "../../../models/kernels/recurrent_module.ts";
import { locatePacked } from "../../../models/kernels/recurrent_call.ts";
import { requireRecurrentInstance } from "../../../models/kernels/recurrent_instance.ts";
import { makeValues, startRecurrentBackend } from "./recurrent_cases.ts";

Deno.test("registerRecurrentKernels() refuses a second time, and a backend other than WASM", async () => {
  const module = await loadRecurrentModule();
  assertThrows(() => registerRecurrentKernels(module), Error, "the backend must be wasm");
  await startRecurrentBackend(module);
  assertEquals(hasRecurrentKernels(), true);
  assertThrows(() => registerRecurrentKernels(module), Error, "a second time");
});

Deno.test("the packing kernel lays weights out in panels of eight columns, gate by gate", async () => {
  await startRecurrentBackend();
  tf.tidy(() => {
    const [kernel, recurrentKernel, bias] = [[2, 30], [10, 30], [2, 30]].map(makeValues);
    if (!kernel || !recurrentKernel || !bias) throw new Error("unreachable");
    const [packed] = runRecurrentKernel(PACK_KERNEL, { kernel, recurrentKernel, bias }, {
      cell: "GRUResetAfter",
    });
    if (!packed) throw new Error("unreachable");
    const { backend, memory } = requireRecurrentInstance();
    const start = backend.getMemoryOffset(packed.dataId);
    const places = locatePacked(start, { cell: "GRUResetAfter", units: 10 });
    // Ten units take two panels, so each of the three gates has 16 columns.
    const values = new Float32Array(memory.buffer, places.weights, (2 + 10) * 48);
    const isInside = places.weights + values.byteLength <= start + packed.size * 4;
    assertEquals([places.weights % 64, isInside], [0, true]);
    const expectedAt = (matrix: tf.Tensor, depth: number, index: number) => {
      const [panel, k, lane] = [
        Math.floor(index / 8 / depth),
        Math.floor(index / 8) % depth,
        index % 8,
      ];
      const [gate, unit] = [Math.floor(panel / 2), panel % 2 * 8 + lane];
      return unit < 10 ? matrix.dataSync()[k * 30 + gate * 10 + unit] : 0;
    };
    const kernelLength = 2 * 48;
    const recurrentLength = 10 * 48;
    assertEquals(values.length, kernelLength + recurrentLength);
    for (let index = 0; index < kernelLength; index++) {
      assertEquals(values[index], expectedAt(kernel, 2, index));
    }
    for (let index = 0; index < recurrentLength; index++) {
      assertEquals(values[kernelLength + index], expectedAt(recurrentKernel, 10, index));
    }
    const b = bias.dataSync();
    const biases = Array.from(packed.dataSync().slice(0, 48 + 16));
    const row = (from: (unit: number) => number) => {
      return Array.from({ length: 16 }, (_, unit) => unit < 10 ? from(unit) : 0);
    };
    assertEquals(biases, [
      ...row((unit) => (b[unit] ?? NaN) + (b[30 + unit] ?? NaN)),
      ...row((unit) => (b[10 + unit] ?? NaN) + (b[40 + unit] ?? NaN)),
      ...row((unit) => b[20 + unit] ?? NaN),
      ...row((unit) => b[50 + unit] ?? NaN),
    ]);
  });
});

Deno.test("the layer's kernel runs through TensorFlow.js like any other", async () => {
  await startRecurrentBackend();
  const attributes = {
    cell: "SimpleRNN",
    units: 1,
    goBackwards: false,
    returnSequences: true,
    keepHistory: false,
    activation: "linear",
    recurrentActivation: "linear",
  };
  tf.tidy(() => {
    const [kernel, recurrentKernel] = [tf.tensor2d([[2]]), tf.tensor2d([[3]])];
    const [weights] = runRecurrentKernel(PACK_KERNEL, { kernel, recurrentKernel }, {
      cell: "SimpleRNN",
    });
    const x = tf.tensor3d([[[1], [10]]]);
    const [hidden, outputs] = runRecurrentKernel(RECURRENT_KERNEL, { x, weights }, attributes);
    // 2 * 1, then 2 * 10 + 3 * 2
    assertEquals([...outputs?.dataSync() ?? []], [2, 26]);
    assertEquals([...hidden?.dataSync() ?? []], [26]);
  });
});
