import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import {
  requireRecurrentInstance,
  startRecurrentInstance,
} from "../../../models/kernels/recurrent_instance.ts";
import { loadRecurrentModule } from "../../../models/kernels/recurrent_module.ts";
import { initWasmBackend } from "../../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../../models/wasm_simd.ts";

Deno.test("startRecurrentInstance() links the kernels with the memory of the backend, once", async () => {
  const module = await loadRecurrentModule();
  assertThrows(() => requireRecurrentInstance(), Error, "before they are registered");
  assertThrows(() => startRecurrentInstance(module), Error, "the backend must be wasm");
  await initWasmBackend(await loadTfjsWasmModule());
  const instance = startRecurrentInstance(module);
  assertStrictEquals(requireRecurrentInstance(), instance);
  assertThrows(() => startRecurrentInstance(module), Error, "a second time");
  tf.tidy(() => {
    const tensor = tf.tensor1d([1, 2, 3]);
    const offset = instance.backend.getMemoryOffset(tensor.dataId);
    assertEquals([...new Float32Array(instance.memory.buffer, offset, 3)], [1, 2, 3]);
    const target = tf.tensor1d([10, 20, 30]);
    instance.kernels.addBias(offset, 1, 3, instance.backend.getMemoryOffset(target.dataId));
    assertEquals([...target.dataSync()], [11, 22, 33]);
  });
});
