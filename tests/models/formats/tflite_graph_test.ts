import { assert, assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { readTfliteGraph } from "../../../models/formats/tflite_graph.ts";
import { OPERATOR_CASES } from "./operator_cases.ts";
import { buildTflite, type TfliteSpec } from "./tflite_builder.ts";
import { float32, softmax } from "./tflite_parts.ts";

const IMAGE = { shape: [1, 2, 2, 1] };
const RELU = { name: "RELU", inputs: [0], outputs: [1] };

function read(rest: Partial<TfliteSpec>): ReturnType<typeof readTfliteGraph> {
  const spec = { tensors: [IMAGE, IMAGE], operators: [RELU], inputs: [0], outputs: [1], ...rest };
  return readTfliteGraph(buildTflite(spec));
}

function refusal(rest: Partial<TfliteSpec>): ServiceError {
  return assertThrows(() => read(rest), ServiceError);
}

function requireCase(name: string): TfliteSpec {
  const spec = OPERATOR_CASES[name];
  if (!spec) throw new TypeError(`the case ${name} is missing`);
  return spec;
}

Deno.test("readTfliteGraph() finds logits, features, and drops the softmax behind them", () => {
  const { graph } = readTfliteGraph(buildTflite(requireCase("conv_as_dense")));
  assertEquals(graph.inputShape, [1, 6, 5, 3]);
  assertEquals([graph.featureLength, graph.classCount], [3, 4]);
  assertEquals(graph.outputActivation, "softmax");
  assertEquals(graph.nodes.map(({ op }) => op), ["average_pool", "conv2d", "reshape"]);
});

Deno.test("readTfliteGraph() gives the input's quantisation", () => {
  const { inputQuantization } = readTfliteGraph(buildTflite(requireCase("conv_uint8")));
  assertEquals(inputQuantization, { scale: 0.03125, zeroPoint: 128 });
  assertEquals(read({}).inputQuantization, undefined);
});

Deno.test("readTfliteGraph() names an operator that is not supported and where it stands", () => {
  const operators = [RELU, { name: "TRANSPOSE_CONV", inputs: [1], outputs: [2] }];
  const error = refusal({ tensors: [IMAGE, IMAGE, IMAGE], operators, outputs: [2] });
  assertEquals(error.code, "unsupported_operator");
  assertEquals(
    error.message,
    "Cannot use model as operator 1 (TRANSPOSE_CONV) is not supported",
  );
  const custom = refusal({ operators: [{ ...RELU, name: "MyOperator" }] });
  assertEquals(custom.code, "unsupported_operator");
  assert(custom.message.includes("operator 0 (custom MyOperator)"));
});

Deno.test("readTfliteGraph() refuses options that it would have to ignore", () => {
  const add = { name: "ADD", inputs: [0, 0], outputs: [1] };
  const cases: [Partial<TfliteSpec>, string][] = [
    [
      { operators: [{ ...add, options: { union: 11, fields: [{ int8: 4 }] } }] },
      "operator 0 (ADD) with activation TANH",
    ],
    [
      {
        operators: [{
          ...RELU,
          name: "SOFTMAX",
          options: { ...softmax, fields: [{ float32: 2 }] },
        }],
      },
      "operator 0 (SOFTMAX) with beta 2",
    ],
    [
      { tensors: [IMAGE, IMAGE, float32([1], 1)], operators: [{ ...add, inputs: [2, 2] }] },
      "operator 0 (ADD) of two constants",
    ],
  ];
  for (const [rest, message] of cases) {
    const error = refusal(rest);
    assertEquals(error.code, "unsupported_operator");
    assert(error.message.includes(message), error.message);
  }
});

Deno.test("readTfliteGraph() refuses networks that do not hang together", () => {
  const constant = float32([1, 2, 2, 1], 1);
  const cases: [Partial<TfliteSpec>, string][] = [
    [{ operators: [] }, "its output reads a value that is not there yet"],
    [{ operators: [{ ...RELU, inputs: [1] }] }, "reads a value that is not there yet"],
    [{ tensors: [IMAGE, IMAGE, constant], outputs: [2] }, "its output must be computed"],
    [{ operators: [RELU, RELU] }, "operator 1 (RELU) must give a value that nothing else gives"],
    [{ operators: [{ ...RELU, inputs: [] }] }, "reads a value that is not there yet"],
    [{ operators: [{ ...RELU, outputs: [] }] }, "must have one output"],
    [{ tensors: [IMAGE, IMAGE, constant], operators: [{ ...RELU, inputs: [2] }] }, "be computed"],
    [{ tensors: [constant, IMAGE] }, "its input must give a value that nothing else gives"],
    [{ tensors: [{ shape: [1, 4] }, { shape: [1, 4] }] }, "its input must be an image"],
    [{ inputs: [0, 1] }, "it must have one input and one output: found 2 and 1"],
    [{ operators: [{ ...RELU, name: "MEAN", inputs: [0, 0] }] }, "input 1 of operator 0 (MEAN)"],
  ];
  for (const [rest, message] of cases) {
    const error = refusal(rest);
    assertEquals(error.code, "model_unusable");
    assert(error.message.includes(message), error.message);
  }
});

Deno.test("readTfliteGraph() refuses an input and work beyond reason", () => {
  const huge = { shape: [1, 100_000, 100_000, 1] };
  const error = refusal({ tensors: [huge, huge] });
  assertEquals(error.code, "model_unusable");
  assert(error.message.includes("its input must give 1 to 16777216 elements"), error.message);
});

Deno.test("readTfliteGraph() only throws service errors for truncated files", () => {
  for (const spec of Object.values(OPERATOR_CASES)) {
    const bytes = buildTflite(spec);
    for (let part = 0; part < 20; part++) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part / 20));
      const error = assertThrows(() => readTfliteGraph(cut), ServiceError);
      assertEquals(error.code, "model_unusable");
    }
  }
});

Deno.test("readTfliteGraph() answers flipped bytes with a graph or a service error, at once", () => {
  let random = 1;
  const next = (below: number) => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return Math.floor(random / 2 ** 32 * below);
  };
  const outcomes = { graph: 0, refused: 0 };
  const started = performance.now();
  for (const spec of Object.values(OPERATOR_CASES)) {
    const bytes = buildTflite(spec);
    for (let round = 0; round < 300; round++) {
      const broken = bytes.slice();
      for (let flips = 0; flips <= round % 3; flips++) broken[next(broken.length)] = next(256);
      try {
        readTfliteGraph(broken);
        outcomes.graph++;
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        outcomes.refused++;
      }
    }
  }
  assert(outcomes.graph > 500 && outcomes.refused > 500, JSON.stringify(outcomes));
  assert(performance.now() - started < 20_000);
});
