import { assertEquals } from "@std/assert";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { findInputShape } from "../../../models/archive/find_input_shape.ts";
import { startTestBackend } from "../formats/test_backend.ts";
import { placeholder, saveLayersModel } from "../formats/tfjs_fixtures.ts";

await startTestBackend();

async function topologyOf(model: Parameters<typeof saveLayersModel>[0]): Promise<unknown> {
  const files = await saveLayersModel(model);
  model.dispose();
  return JSON.parse(new TextDecoder().decode(files.get("model.json"))).modelTopology;
}

Deno.test("findInputShape() reads layers models, also where the first layer is a model", async () => {
  const inner = sequential({ layers: [layers.dense({ units: 2, inputShape: [null, 6] })] });
  assertEquals(findInputShape(await topologyOf(inner)), [null, null, 6]);
  const nested = sequential();
  nested.add(sequential({ layers: [layers.flatten({ inputShape: [8, 8, 3] })] }));
  nested.add(layers.dense({ units: 2 }));
  assertEquals(findInputShape(await topologyOf(nested)), [null, 8, 8, 3]);
});

Deno.test("findInputShape() reads what Keras writes, old and new", () => {
  const shape = [null, 100, 6];
  const old = [{ class_name: "LSTM", config: { batch_input_shape: shape } }];
  assertEquals(findInputShape({ model_config: { config: old } }), shape);
  const current = [{ class_name: "InputLayer", config: { batch_shape: shape } }];
  assertEquals(findInputShape({ model_config: { config: { layers: current } } }), shape);
});

Deno.test("findInputShape() reads the placeholder of a graph", () => {
  const x = placeholder("x", [-1, -1, 6]);
  const reader = { op: "Transpose", name: "turned", input: ["x", "perm"] };
  assertEquals(findInputShape({ node: [x, reader] }), [-1, -1, 6]);
  assertEquals(findInputShape({ node: [reader] }), undefined);
  // What the converter leaves of control flow.
  const unused = placeholder("unused_control_flow_input", [-1, 4]);
  const condition = {
    op: "LoopCond",
    name: "goes_on",
    input: ["less", "^unused_control_flow_input"],
  };
  assertEquals(findInputShape({ node: [unused, condition, x, reader] }), [-1, -1, 6]);
});

Deno.test("findInputShape() finds nothing in what is no network", () => {
  for (const topology of [undefined, {}, { config: 1 }, { config: { layers: [1] } }]) {
    assertEquals(findInputShape(topology), undefined);
  }
});
