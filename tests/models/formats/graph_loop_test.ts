import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { readLayerLoop } from "../../../models/formats/graph_loop.ts";
import { GraphValues } from "../../../models/formats/graph_values.ts";
import { readTfjsFiles } from "../../../models/formats/tfjs_files.ts";
import { makeKerasGraph } from "./keras_graph_fixtures.ts";
import { startTestBackend } from "./test_backend.ts";
import { editModelFile, type ModelJson } from "./tfjs_fixtures.ts";

await startTestBackend();

/** The variables of the loop of an LSTM by their place. */
const [COUNTER, OUTPUTS, HIDDEN, CELL] = [0, 3, 4, 5];
const NAMES = ["counter", "most", "time", "outputs", "h", "c"];

function read(
  variable: number,
  { isLowered = false, edit = () => {} }: {
    isLowered?: boolean;
    edit?: (json: ModelJson) => void;
  } = {},
) {
  const graph = {
    layers: [{ cell: "LSTM", units: 3 } as const],
    channels: 2,
    classes: 4,
    isLowered,
  };
  const files = editModelFile(makeKerasGraph(graph), edit);
  const { modelTopology: { node: nodes, library }, weightData, weightSpecs } = readTfjsFiles(files);
  const weights = tf.io.decodeWeights(weightData, weightSpecs);
  const values = new GraphValues(nodes as unknown[], weights);
  const name = isLowered ? `layer0/while/exit/${NAMES[variable]}` : "layer0/while";
  const value = values.read({ name, port: isLowered ? 0 : variable });
  assert(value.kind === "call");
  const found = readLayerLoop(value, { values, library, weights });
  return found && {
    gives: found.gives,
    cell: found.layer.cell,
    states: found.layer.states,
    reads: found.sequence.kind === "call" && found.sequence.node.name,
  };
}

for (const isLowered of [false, true]) {
  const form = isLowered ? "a circle of nodes" : "one node and a function";
  Deno.test(`readLayerLoop() tells what a loop gives that is ${form}`, () => {
    tf.tidy(() => {
      const states = [HIDDEN, CELL];
      const layer = { cell: "LSTM", states, reads: "layer0/list" } as const;
      assertEquals(read(OUTPUTS, { isLowered }), { ...layer, gives: "outputs" });
      assertEquals(read(HIDDEN, { isLowered }), { ...layer, gives: "state" });
      for (const other of [COUNTER, CELL]) assertEquals(read(other, { isLowered }), undefined);
    });
  });
}

Deno.test("readLayerLoop() takes no loop that begins or counts otherwise", () => {
  const main =
    (from: string, change: (node: ModelJson) => void) => ({ modelTopology }: ModelJson) =>
      modelTopology.node.filter(({ name }: ModelJson) => name === from).forEach(change);
  const body =
    (from: string, change: (node: ModelJson) => void) =>
    ({ modelTopology: { library } }: ModelJson) =>
      library.function[1].nodeDef.filter(({ name }: ModelJson) => name === from)
        .forEach(change);
  const edits = [
    // From ones, or from whatever a node gives.
    main("layer0/zeros", (node) => node.input = ["layer0/dims", "layer0/units"]),
    main("layer0/zeros", (node) => node.op = "RandomUniform"),
    // From the second step on, two steps at a time, or backwards.
    main("layer0/while", (node) => node.input[2] = "layer0/units"),
    body("later", (node) => node.input = ["time", "time"]),
    body("later", (node) => node.op = "Sub"),
    // Until something else than the number of steps.
    main("layer0/steps", (node) => node.op = "RandomUniform"),
    ({ modelTopology: { library } }: ModelJson) => library.function[0].nodeDef[0].op = "Greater",
    ({ modelTopology: { library } }: ModelJson) => library.function[0].nodeDef[0].input[0] = "most",
    // The outputs are others than the state.
    body("set", (node) => node.input[2] = "item:item:0"),
    ({ modelTopology: { library } }: ModelJson) => library.function.pop(),
  ];
  tf.tidy(() => {
    for (const edit of edits) assertEquals(read(OUTPUTS, { edit }), undefined, String(edit));
  });
});
