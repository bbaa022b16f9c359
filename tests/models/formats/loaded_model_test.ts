import { assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { requireInput } from "../../../models/formats/loaded_model.ts";
import { startTestBackend } from "./test_backend.ts";

Deno.test("requireInput() takes batches of any size", async () => {
  await startTestBackend();
  for (const n of [1, 2, 17]) requireInput(tf.zeros([n, 4, 3]), [1, 4, 3]);
});

Deno.test("requireInput() throws for another rank, size or type, and for an empty batch", async () => {
  await startTestBackend();
  for (const shape of [[0, 4, 3], [1, 3, 4], [4, 3], [1, 4, 3, 1]]) {
    assertThrows(() => requireInput(tf.zeros(shape), [1, 4, 3]), TypeError, "of shape [n, 4, 3]");
  }
  assertThrows(() => requireInput(tf.zeros([1, 4, 3], "int32"), [1, 4, 3]), TypeError, "int32");
});
