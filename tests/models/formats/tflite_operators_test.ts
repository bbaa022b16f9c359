import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { FlatTable } from "../../../models/formats/flatbuffer_table.ts";
import type { Weight } from "../../../models/formats/graph.ts";
import { convertOperator, type OperatorScope } from "../../../models/formats/tflite_operators.ts";

/** An operator without options that reads value 0 and the constants behind it, and gives value 9. */
function createScope(name: string, constants: Weight[] = []): OperatorScope {
  const weight = (position: number): Weight => {
    const constant = constants[position - 1];
    if (!constant) throw new SyntaxError("no constant");
    return constant;
  };
  const inputs = [0, ...constants.map((_, index) => index + 1)];
  return {
    operator: {
      name,
      origin: `operator 3 (${name})`,
      inputs,
      outputs: [9],
      options: FlatTable.empty(),
    },
    output: 9,
    outputShape: () => [4],
    inputRank: () => 4,
    createValue: () => 100,
    isConstant: (position) => position > 0,
    value: (position) => position,
    weight,
    optionalWeight: (position) => constants[position - 1],
    integers: (position) => Array.from(weight(position).values),
  };
}

function weight(shape: number[], ...values: number[]): Weight {
  return { shape, values: new Float32Array(values) };
}

Deno.test("convertOperator() moves the first axis of a filter behind the others", () => {
  const stored = weight([2, 1, 1, 3], 1, 2, 3, 10, 20, 30);
  const [node] = convertOperator(createScope("CONV_2D", [stored, weight([2], 5, 6)]));
  assertEquals(node, {
    op: "conv2d",
    origin: "operator 3 (CONV_2D)",
    output: 9,
    input: 0,
    filter: weight([1, 1, 3, 2], 1, 10, 2, 20, 3, 30),
    bias: weight([2], 5, 6),
    strides: [0, 0],
    dilations: [1, 1],
    padding: "same",
    activation: "linear",
  });
});

Deno.test("convertOperator() counts negative axes from the end", () => {
  const [node] = convertOperator(createScope("MEAN", [weight([2], -2, 1)]));
  assertEquals(node?.op === "mean" && node.axes, [2, 1]);
});

Deno.test("convertOperator() gives a vector its batch axis back", () => {
  const [node] = convertOperator(createScope("SQUEEZE"));
  assertEquals(node?.op === "reshape" && node.shape, [1, 4]);
});

Deno.test("convertOperator() throws for a depthwise filter that does not fit its multiplier", () => {
  const scope = createScope("DEPTHWISE_CONV_2D", [weight([1, 1, 1, 2], 1, 2)]);
  assertThrows(() => convertOperator(scope), SyntaxError, "[1, 1, 1, 2] and multiplier 0");
});

Deno.test("convertOperator() throws for operators that it does not know", () => {
  for (const name of ["LSTM", "custom Mine", "constructor"]) {
    const error = assertThrows(() => convertOperator(createScope(name)), ServiceError);
    assertEquals(error.code, "unsupported_operator");
    assertEquals(error.message, `Cannot use model as operator 3 (${name}) is not supported`);
  }
});
