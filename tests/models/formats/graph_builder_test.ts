import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import type { GraphNode } from "../../../models/formats/graph.ts";
import { buildGraph } from "../../../models/formats/graph_builder.ts";

const DENSE: GraphNode = {
  op: "dense",
  origin: "dense",
  input: 0,
  output: 1,
  kernel: { shape: [12, 5], values: new Float32Array(60) },
  bias: undefined,
  activation: "linear",
};
const SOFTMAX: GraphNode = { op: "softmax", origin: "softmax", input: 1, output: 2 };

function build(nodes: GraphNode[], output: number): ReturnType<typeof buildGraph> {
  return buildGraph({ inputShape: [1, 2, 2, 3], input: 0, nodes, output });
}

Deno.test("buildGraph() takes the logits before a softmax and the features before a dense layer", () => {
  const graph = build([DENSE, SOFTMAX], 2);
  assertEquals([graph.logits, graph.features], [1, 0]);
  assertEquals([graph.classCount, graph.featureLength], [5, 12]);
  assertEquals(graph.outputActivation, "softmax");
  assertEquals(graph.nodes, [DENSE]);
  assertEquals(graph.shapes.get(1), [1, 5]);
});

Deno.test("buildGraph() looks through reshapes on both sides of the softmax", () => {
  const inner: GraphNode = { op: "reshape", origin: "", input: 1, output: 3, shape: [1, 1, 5] };
  const softmax: GraphNode = { ...SOFTMAX, input: 3 };
  const outer: GraphNode = { op: "reshape", origin: "", input: 2, output: 4, shape: [1, 5] };
  const graph = build([DENSE, inner, softmax, outer], 4);
  assertEquals([graph.logits, graph.features], [3, 0]);
  assertEquals(graph.nodes, [DENSE, inner]);
});

Deno.test("buildGraph() refuses a softmax over each place of a map", () => {
  const softmax: GraphNode = { ...SOFTMAX, input: 0, output: 1 };
  const flat: GraphNode = { op: "reshape", origin: "", input: 1, output: 2, shape: [1, 12] };
  const error = assertThrows(() => build([softmax, flat], 2), ServiceError, "over [1, 2, 2, 3]");
  assertEquals(error.code, "model_unusable");
});

Deno.test("buildGraph() takes the output for logits where no softmax stands, and for features where no dense layer stands", () => {
  assertEquals(build([DENSE], 1).outputActivation, "linear");
  const relu: GraphNode = { op: "activation", origin: "", input: 0, output: 1, activation: "relu" };
  const graph = build([relu], 1);
  assertEquals([graph.logits, graph.features], [1, 1]);
  assertEquals([graph.classCount, graph.featureLength], [12, 12]);
});

Deno.test("buildGraph() looks through as many reshapes as a file may hold", () => {
  const reshapes = Array.from({ length: 20_000 }, (_, i): GraphNode => {
    return { op: "reshape", origin: "", input: i + 1, output: i + 2, shape: [1, 5] };
  });
  assertEquals(build([DENSE, ...reshapes], 20_001).features, 0);
});

Deno.test("buildGraph() drops nodes that nothing needs", () => {
  const unused: GraphNode = { ...DENSE, output: 7 };
  assertEquals(build([unused, DENSE], 1).nodes, [DENSE]);
});

Deno.test("buildGraph() turns the padding of convolutions into numbers, the odd zero behind", () => {
  const conv: GraphNode = {
    op: "conv2d",
    origin: "conv",
    input: 0,
    output: 1,
    filter: { shape: [3, 2, 3, 1], values: new Float32Array(18) },
    bias: undefined,
    strides: [1, 3],
    dilations: [1, 1],
    padding: "same",
    activation: "linear",
  };
  // Width 2 under a window of 2 at stride 3: XNNPACK's own rule would count -1 zeros here.
  assertEquals(build([conv], 1).nodes, [{ ...conv, padding: [[1, 1], [0, 0]] }]);
  const even: GraphNode = { ...conv, strides: [2, 1] };
  assertEquals(build([even], 1).nodes, [{ ...even, padding: [[0, 1], [0, 1]] }]);
  assertEquals(
    build([{ ...conv, padding: "valid", filter: { ...conv.filter, shape: [2, 2, 3, 1] } }], 1)
      .nodes[0],
    {
      ...conv,
      padding: "valid",
      filter: { ...conv.filter, shape: [2, 2, 3, 1] },
    },
  );
});
