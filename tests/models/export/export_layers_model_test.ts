import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { softmax } from "../../../lib/softmax.ts";
import { zipFiles } from "../../../lib/archives/zip_files.ts";
import { checkModel } from "../../../models/archive/check_model.ts";
import {
  type ExportableModel,
  exportLayersModel,
} from "../../../models/export/export_layers_model.ts";
import { GraphRunner } from "../../../models/formats/graph_runner.ts";
import { readTfliteGraph } from "../../../models/formats/tflite_graph.ts";
import type { ImageModelInput } from "../../../models/model_description.ts";
import { attachHead } from "../../../models/heads/attach_head.ts";
import type { ImageInput } from "../../../models/image_input.ts";
import { OPERATOR_CASES } from "../formats/operator_cases.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { buildTflite, type TfliteSpec } from "../formats/tflite_builder.ts";
import { mean } from "../formats/tflite_parts.ts";
import { makeLayer } from "../heads/head_fixtures.ts";
import { loadExported, readJson } from "./load_exported.ts";

const CREATED_AT = new Date("2026-01-02T03:04:05Z");
const INPUT: ImageInput = {
  height: 6,
  width: 5,
  channels: 3,
  scale: 1 / 127.5,
  offset: -1,
  fit: "crop",
  cropFraction: 1,
};

function makeModel(): ExportableModel {
  const { graph } = readTfliteGraph(buildTflite(OPERATOR_CASES.conv_as_dense as TfliteSpec));
  const head = {
    layers: [makeLayer(3, 4, { activation: "relu" }), makeLayer(4, 2, { seed: 3 })],
  };
  return { name: "pets", graph, head, labels: ["cat", "dog"], input: INPUT };
}

/** What the service's own line gives for pixels in 0..255: `[n, 6, 5, 3]`. */
function predictOurselves({ graph, head }: ExportableModel, pixels: tf.Tensor): number[] {
  const backbone = new GraphRunner(graph);
  const model = head ? attachHead(backbone, head) : backbone;
  const logits = model.predict(tf.sub(tf.div(pixels, 127.5), 1)).logits.arraySync();
  return logits.flatMap((row) => [...softmax(Float32Array.from(row))]);
}

for (const withHead of [true, false]) {
  Deno.test(`exportLayersModel() gives the service's scores ${withHead ? "with" : "without"} a head`, async () => {
    await startTestBackend();
    const own = { labels: ["a", "b", "c", "d"], head: undefined };
    const model = { ...makeModel(), ...(withHead ? {} : own) };
    const exported = await loadExported(exportLayersModel(model, { createdAt: CREATED_AT }));
    const pixels = tf.floor(tf.randomUniform([3, 6, 5, 3], 0, 256, "float32", 5));
    const scores = exported.predict(tf.sub(tf.div(pixels, 127), 1)) as tf.Tensor;
    assertEquals(scores.shape, [3, model.labels.length]);
    assertLessOrEqual(largestDifference(scores.dataSync(), predictOurselves(model, pixels)), 1e-5);
  });
}

Deno.test("exportLayersModel() writes the files of Teachable Machine", () => {
  const files = exportLayersModel(makeModel(), { createdAt: CREATED_AT });
  assertEquals([...files.keys()], ["model.json", "weights.bin", "metadata.json"]);
  const { labels, imageSize, grayscale } = readJson(files, "metadata.json");
  assertEquals({ labels, imageSize, grayscale }, {
    labels: ["cat", "dog"],
    imageSize: 6,
    grayscale: false,
  });
});

Deno.test("exportLayersModel() gives the same bytes for the same model", () => {
  const [first, second] = [1, 2].map(() =>
    exportLayersModel(makeModel(), { createdAt: CREATED_AT })
  );
  assertEquals(first, second);
});

Deno.test("exportLayersModel() gives what can be imported again", async () => {
  await startTestBackend();
  const { graph } = readTfliteGraph(buildTflite(SQUARE));
  const input = { ...INPUT, height: 7, width: 7, cropFraction: 0.7 };
  const model = { name: "square", graph, labels: ["r", "g", "b"], input };
  const zip = await zipFiles(exportLayersModel(model, { createdAt: CREATED_AT }));
  const imported = await checkModel(zip);
  assertEquals([imported.origin, imported.labels], ["teachable-machine", model.labels]);
  const { height, cropFraction } = imported.input as ImageModelInput;
  assertEquals([height, cropFraction], [10, 1]);
});

Deno.test("exportLayersModel() stores what it is asked to, and the service's own input", () => {
  const options = { createdAt: CREATED_AT, storage: "float16", convention: "network" } as const;
  const files = exportLayersModel(makeModel(), options);
  const [{ weights }] = readJson(files, "model.json").weightsManifest;
  assertEquals(weights[0].quantization, { dtype: "float16" });
  assertEquals(readJson(files, "metadata.json").userMetadata.preprocessing, INPUT);
});

Deno.test("exportLayersModel() throws when head, labels or input do not fit", () => {
  const model = makeModel();
  const broken: [Partial<ExportableModel>, string][] = [
    [{ head: { layers: [] } }, "as of its head: it must have 1 to 16 layers"],
    [{ head: { layers: [makeLayer(4, 2)] } }, "its head must take 3 features: found 4"],
    [{ labels: ["cat"] }, "it must have 2 labels: found 1"],
    [{ head: undefined }, "it must have 4 labels: found 2"],
    [{ input: { ...INPUT, width: 6 } }, "its input must be [1, 6, 5, 3]: found [1, 6, 6, 3]"],
  ];
  for (const [part, rule] of broken) {
    const options = { createdAt: CREATED_AT };
    assertThrows(() => exportLayersModel({ ...model, ...part }, options), TypeError, rule);
  }
});

/** The mean of each channel of a square picture. */
const SQUARE: TfliteSpec = {
  tensors: [
    { shape: [1, 7, 7, 3] },
    { shape: [2], type: "int32", data: Int32Array.of(1, 2) },
    { shape: [1, 3] },
  ],
  operators: [{
    name: "MEAN",
    inputs: [0, 1],
    outputs: [2],
    options: mean(0),
  }],
  inputs: [0],
  outputs: [2],
};
