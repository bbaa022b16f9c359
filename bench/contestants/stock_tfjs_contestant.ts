/**
 * The same network as a user of TensorFlow.js writes it: the stock initialisation, which reads the
 * WASM binary from the package's folder, and the public operations. Arguments: model file, input
 * file, `separate` or `fused`.
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import type { GraphNode, ValueId, Weight } from "../../models/formats/graph.ts";
import { readTfliteGraph } from "../../models/formats/tflite_graph.ts";
import { readInput } from "./read_input.ts";
import { serveContestant } from "./serve_contestant.mjs";

const [modelPath = "", inputPath = "", style = ""] = Deno.args;
const hasSimd = await tf.setBackend("wasm") && await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
if (!hasSimd) throw new Error("The stock WASM backend must start with SIMD");
const { graph } = readTfliteGraph(Deno.readFileSync(modelPath));
const input = readInput(inputPath, graph.inputShape);
const weights = new Map<Weight, tf.Tensor>();

/** The tensor of a constant, uploaded at its first use. */
function upload(weight: Weight): tf.Tensor {
  const known = weights.get(weight) ?? tf.keep(tf.tensor(weight.values, weight.shape));
  weights.set(weight, known);
  return known;
}

function runNode(node: GraphNode, values: Map<ValueId, tf.Tensor>): tf.Tensor {
  const read = (id: ValueId) => values.get(id) as tf.Tensor4D;
  switch (node.op) {
    case "conv2d":
    case "depthwise_conv2d": {
      const isDepthwise = node.op === "depthwise_conv2d";
      const { strides, activation } = node;
      const filter = upload(node.filter) as tf.Tensor4D;
      if (!node.bias) break;
      const bias = upload(node.bias);
      const x = read(node.input);
      const explicit = typeof node.padding === "string"
        ? node.padding
        : [[0, 0], ...node.padding, [0, 0]];
      // Only some of the operations' types know that they take explicit padding.
      const pad = explicit as "same" | "valid";
      if (style === "fused") {
        const options = { x, filter, strides, pad, bias };
        const fused = { ...options, activation: activation as "linear" | "relu6" };
        return isDepthwise ? tf.fused.depthwiseConv2d(fused) : tf.fused.conv2d(fused);
      }
      const product = isDepthwise
        ? tf.depthwiseConv2d(x, filter, strides, pad)
        : tf.conv2d(x, filter, strides, pad);
      const sum = tf.add(product, bias);
      return activation === "relu6" ? tf.clipByValue(sum, 0, 6) : sum;
    }
    case "add":
      return tf.add(read(node.inputs[0] as ValueId), read(node.inputs[1] as ValueId));
    case "average_pool":
      return tf.avgPool(read(node.input), node.window, node.strides, node.padding);
    case "reshape":
      return tf.reshape(read(node.input), node.shape);
  }
  throw new RangeError(`Cannot run ${node.origin} with stock operations`);
}

await serveContestant(() => {
  const logits = tf.tidy(() => {
    const values = new Map<ValueId, tf.Tensor>([[graph.input, input]]);
    for (const node of graph.nodes) values.set(node.output, runNode(node, values));
    return values.get(graph.logits) as tf.Tensor;
  });
  const result = logits.dataSync() as Float32Array;
  logits.dispose();
  return Promise.resolve(result);
});
