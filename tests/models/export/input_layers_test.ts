import { assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { type InputConvention, startNetwork } from "../../../models/export/input_layers.ts";
import { storeWeights } from "../../../models/export/weight_storage.ts";
import type { ImageInput } from "../../../models/image_input.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { encodeJson } from "../archive/archive_fixtures.ts";
import { loadExported } from "./load_exported.ts";

const INPUT: ImageInput = {
  height: 7,
  width: 7,
  channels: 3,
  scale: 1 / 127.5,
  offset: -1,
  fit: "crop",
  cropFraction: 0.7,
};

/** What the first layers make of pixels as Teachable Machine's library gives them. */
async function run(input: ImageInput, convention: InputConvention, pixels: tf.Tensor) {
  const { network, output } = startNetwork(input, convention);
  // A network needs a layer behind its input.
  const end = network.add({ className: "Flatten", inputs: [output] });
  const { specs, bytes } = storeWeights(network.weights, "float32");
  const model = await loadExported(
    new Map([
      [
        "model.json",
        encodeJson({
          modelTopology: network.toTopology(end),
          weightsManifest: [{ paths: ["weights.bin"], weights: specs }],
        }),
      ],
      ["weights.bin", bytes],
    ]),
  );
  return (model.predict(tf.sub(tf.div(pixels, 127), 1)) as tf.Tensor).dataSync();
}

for (const channels of [1, 3] as const) {
  Deno.test(`startNetwork() cuts and scales what Teachable Machine gives, ${channels} channels`, async () => {
    await startTestBackend();
    const input = { ...INPUT, channels };
    assertEquals(startNetwork(input, "teachable-machine").inputShape, [10, 10, channels]);
    const pixels = tf.floor(tf.randomUniform([2, 10, 10, channels], 0, 256, "float32", 5));
    const served = tf.sub(tf.div(tf.slice(pixels, [0, 1, 1, 0], [2, 7, 7, channels]), 127.5), 1);
    const found = await run(input, "teachable-machine", pixels);
    assertLessOrEqual(largestDifference(found, served.dataSync()), 1e-6);
  });
}

Deno.test("startNetwork() adds nothing where the service does what Teachable Machine does", () => {
  const input = { ...INPUT, cropFraction: 1, scale: 1 / 127 };
  const { network, output, inputShape } = startNetwork(input, "teachable-machine");
  assertEquals([output, inputShape, network.weights], [network.input, [7, 7, 3], []]);
});

Deno.test("startNetwork() leaves the size of a stretched or oblong picture as it is", () => {
  const stretched = startNetwork({ ...INPUT, fit: "stretch" }, "teachable-machine");
  assertEquals(stretched.inputShape, [7, 7, 3]);
  const oblong = startNetwork({ ...INPUT, width: 9 }, "teachable-machine");
  assertEquals(oblong.inputShape, [7, 9, 3]);
});

Deno.test("startNetwork() takes the service's own tensor where it is asked to", () => {
  const { network, output, inputShape } = startNetwork(INPUT, "network");
  assertEquals([output, inputShape, network.weights], [network.input, [7, 7, 3], []]);
});
