import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { registerDepthToSpace } from "../../../models/kernels/depth_to_space.ts";
import type { Tensor4D } from "../../../models/tensors.ts";
import { startTestBackend } from "../formats/test_backend.ts";

await startTestBackend();

/** The definition, by reshaping and turning axes. */
function expected(x: Tensor4D, size: number): tf.Tensor {
  const [n, height, width, depth] = x.shape;
  const channels = depth / size ** 2;
  const blocks = tf.reshape(x, [n, height, width, size, size, channels]);
  const turned = tf.transpose(blocks, [0, 1, 3, 2, 4, 5]);
  return tf.reshape(turned, [n, height * size, width * size, channels]);
}

Deno.test("registerDepthToSpace() gives what the definition gives", () => {
  registerDepthToSpace();
  registerDepthToSpace();
  const shapes = [[1, 1, 1, 4, 2], [2, 3, 5, 12, 2], [1, 4, 4, 48, 4], [1, 2, 3, 27, 3]];
  for (const [n = 0, height = 0, width = 0, depth = 0, size = 0] of shapes) {
    tf.tidy(() => {
      const shape: [number, number, number, number] = [n, height, width, depth];
      const count = n * height * width * depth;
      const x = tf.tensor4d(Float32Array.from({ length: count }, (_, i) => i), shape);
      const found = tf.depthToSpace(x, size);
      const wanted = expected(x, size);
      assertEquals(found.shape, wanted.shape);
      assertEquals(found.dataSync(), wanted.dataSync());
    });
  }
});

Deno.test("registerDepthToSpace() leaves the other layout to the backend", () => {
  registerDepthToSpace();
  tf.tidy(() => {
    const x = tf.tensor4d([1, 2, 3, 4], [1, 4, 1, 1]);
    const found = tf.depthToSpace(x, 2, "NCHW");
    assertEquals([found.shape, [...found.dataSync()]], [[1, 1, 2, 2], [1, 2, 3, 4]]);
  });
});
