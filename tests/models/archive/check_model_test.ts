import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { checkModel } from "../../../models/archive/check_model.ts";
import { TEACHABLE_MACHINE_PREPROCESSING } from "../../../models/archive/model_archive.ts";
import type { ImageModelInput } from "../../../models/model_description.ts";
import { startTestBackend } from "../formats/test_backend.ts";
import { makeSeriesZip, makeTeachableZip, makeTfliteFile } from "./archive_fixtures.ts";

await startTestBackend();

Deno.test("checkModel() gives all that it takes to serve a model", async () => {
  const zip = await makeTeachableZip();
  const before = tf.memory().numTensors;
  const { files, companions, ...model } = await checkModel(zip);
  assertEquals(model, {
    origin: "teachable-machine",
    format: "tfjs-layers",
    labels: ["cat", "dog"],
    input: { kind: "image", height: 8, width: 8, channels: 3, ...TEACHABLE_MACHINE_PREPROCESSING },
    classCount: 2,
    featureLength: 3,
    outputActivation: "softmax",
  });
  assertEquals([...files.keys()], ["model.json", "group1-shard1of1.bin"]);
  assertEquals([...companions.keys()], ["metadata.json"]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("checkModel() numbers the classes where nobody names them", async () => {
  assertEquals((await checkModel(makeTfliteFile())).labels, ["class 0", "class 1", "class 2"]);
});

Deno.test("checkModel() lets the sender's word go before the archive's", async () => {
  const preprocessing = { scale: 1 / 255, offset: 0 };
  const model = await checkModel(await makeTeachableZip(), { labels: ["x", "y"], preprocessing });
  assertEquals(model.labels, ["x", "y"]);
  const { scale, offset, fit } = model.input as ImageModelInput;
  assertEquals({ scale, offset, fit }, { ...preprocessing, fit: "crop" });
});

Deno.test("checkModel() refuses labels of another number than the network's outputs", async () => {
  const error = await assertRejects(
    () => checkModel(makeTfliteFile(), { labels: ["a", "b"] }),
    ServiceError,
    "one label for each of the network's 3 outputs: found 2",
  );
  assertEquals(error.code, "model_unusable");
});

Deno.test("checkModel() refuses preprocessing for a network that takes series", async () => {
  const zip = await makeSeriesZip();
  await assertRejects(
    () => checkModel(zip, { preprocessing: { scale: 2 } }),
    ServiceError,
    "preprocessing is of pictures, and the network takes series: found scale",
  );
});
