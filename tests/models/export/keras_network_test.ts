import { assertEquals } from "@std/assert";
import { KerasNetwork } from "../../../models/export/keras_network.ts";

const ZEROS = { class_name: "Zeros", config: {} };

Deno.test("KerasNetwork starts with an input", () => {
  const network = new KerasNetwork([2, 3, 1]);
  assertEquals(network.input, "image");
  assertEquals(network.toTopology("image"), {
    class_name: "Model",
    config: {
      name: "lastlayer",
      layers: [{
        class_name: "InputLayer",
        name: "image",
        config: {
          name: "image",
          dtype: "float32",
          trainable: false,
          batch_input_shape: [null, 2, 3, 1],
          sparse: false,
        },
        inbound_nodes: [],
      }],
      input_layers: [["image", 0, 0]],
      output_layers: [["image", 0, 0]],
    },
    keras_version: "tfjs-layers 4.22.0",
    backend: "tensor_flow.js",
  });
});

Deno.test("KerasNetwork numbers layers and names their weights after them", () => {
  const network = new KerasNetwork([2, 2, 1]);
  const weight = { shape: [1, 1, 1, 1], values: Float32Array.of(2) };
  const first = network.add({
    className: "DepthwiseConv2D",
    inputs: [network.input],
    config: { use_bias: false },
    weights: { depthwise_kernel: weight, bias: undefined },
  });
  const second = network.add({
    className: "DepthwiseConv2D",
    inputs: [first],
    weights: { depthwise_kernel: weight, bias: { shape: [1], values: Float32Array.of(3) } },
  });
  const sum = network.add({ className: "Add", inputs: [first, second] });
  assertEquals([first, second, sum], ["depthwiseconv2d_1", "depthwiseconv2d_2", "add_1"]);
  assertEquals(network.weights.map(({ name }) => name), [
    "depthwiseconv2d_1/depthwise_kernel",
    "depthwiseconv2d_2/depthwise_kernel",
    "depthwiseconv2d_2/bias",
  ]);
  // deno-lint-ignore no-explicit-any -- single fields of the written structure
  const { layers } = network.toTopology(sum).config as any;
  assertEquals(layers[2].config, {
    name: second,
    dtype: "float32",
    trainable: false,
    depthwise_initializer: ZEROS,
    bias_initializer: ZEROS,
  });
  assertEquals(layers[3].inbound_nodes, [[[first, 0, 0, {}], [second, 0, 0, {}]]]);
});
