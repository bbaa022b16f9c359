import { assertEquals, assertLessOrEqual, assertStringIncludes, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../../../lib/service_error.ts";
import { addGraphLayers } from "../../../models/export/graph_layers.ts";
import { KerasNetwork } from "../../../models/export/keras_network.ts";
import { storeWeights } from "../../../models/export/weight_storage.ts";
import { readTfliteGraph } from "../../../models/formats/tflite_graph.ts";
import { caseInput, OPERATOR_CASES } from "../formats/operator_cases.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { buildTflite, type TfliteSpec } from "../formats/tflite_builder.ts";
import { loadExported } from "./load_exported.ts";

const GOLDEN = JSON.parse(
  await Deno.readTextFile(new URL("../../golden/operators.json", import.meta.url)),
);
/** The golden outputs are rounded to 1e-4 and reach 30. */
const TOLERANCE = 2e-4;

/** Networks with a node that Keras has no layer for, and what it is called. */
const UNSUPPORTED: Record<string, string> = {
  add_and_mul_constants: "add with a constant",
  conv_then_hard_swish: "hard swish",
  mean_of_channels: "a mean over the axes 3",
  pad_channels: "padding of channels",
};

function convert(
  spec: TfliteSpec,
): { network: KerasNetwork; output: string; inputShape: number[] } {
  const { graph } = readTfliteGraph(buildTflite(spec));
  const network = new KerasNetwork(graph.inputShape.slice(1));
  const output = addGraphLayers(network, { graph, from: network.input, value: graph.logits });
  return { network, output, inputShape: graph.inputShape };
}

function toFiles({ network, output }: { network: KerasNetwork; output: string }) {
  const { specs, bytes } = storeWeights(network.weights, "float32");
  const json = {
    modelTopology: network.toTopology(output),
    weightsManifest: [{ paths: ["weights.bin"], weights: specs }],
  };
  return new Map([
    ["model.json", new TextEncoder().encode(JSON.stringify(json))],
    ["weights.bin", bytes],
  ]);
}

for (const [name, spec] of Object.entries(OPERATOR_CASES)) {
  if (name in UNSUPPORTED) {
    Deno.test(`addGraphLayers() refuses ${name}, naming the node`, () => {
      const error = assertThrows(() => convert(spec), ServiceError, UNSUPPORTED[name]);
      assertEquals(error.code, "unsupported_operator");
      assertStringIncludes(error.message, "found at operator ");
    });
    continue;
  }
  Deno.test(`addGraphLayers() makes layers that agree with PyTorch on ${name}`, async () => {
    await startTestBackend();
    const converted = convert(spec);
    const model = await loadExported(toFiles(converted));
    const { shape, values } = caseInput(converted.inputShape);
    const output = model.predict(tf.tensor(values, shape)) as tf.Tensor;
    assertLessOrEqual(largestDifference(output.dataSync(), GOLDEN[name].logits), TOLERANCE);
  });
}

Deno.test("addGraphLayers() adds nothing that the value does not need", () => {
  const { graph } = readTfliteGraph(buildTflite(OPERATOR_CASES.conv_as_dense as TfliteSpec));
  const network = new KerasNetwork(graph.inputShape.slice(1));
  const output = addGraphLayers(network, { graph, from: network.input, value: graph.features });
  assertEquals([output, network.weights], ["averagepooling2d_1", []]);
});
