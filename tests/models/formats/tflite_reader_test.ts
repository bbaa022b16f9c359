import { assertEquals, assertThrows } from "@std/assert";
import { readTflite } from "../../../models/formats/tflite_reader.ts";
import { OPERATOR_CASES } from "./operator_cases.ts";
import { buildTflite, type TfliteSpec } from "./tflite_builder.ts";

const RELU: TfliteSpec = {
  tensors: [{ shape: [1, 2, 2, 1] }, { shape: [1, 2, 2, 1] }],
  operators: [{ name: "RELU", inputs: [0], outputs: [1] }],
  inputs: [0],
  outputs: [1],
};

Deno.test("readTflite() reads tensors, constants, quantisation and operators", () => {
  const spec = OPERATOR_CASES.depthwise_int8_per_channel;
  if (!spec) throw new TypeError("the case is missing");
  const model = readTflite(buildTflite(spec));
  assertEquals(model.inputs, [0]);
  assertEquals(model.outputs, [3]);
  assertEquals(
    model.operators.map(({ name, origin, inputs, outputs }) => ({ name, origin, inputs, outputs })),
    [
      {
        name: "DEPTHWISE_CONV_2D",
        origin: "operator 0 (DEPTHWISE_CONV_2D)",
        inputs: [0, 1, 2],
        outputs: [3],
      },
    ],
  );
  const [input, filter] = model.tensors;
  assertEquals(input, {
    shape: [1, 6, 5, 3],
    type: "float32",
    data: new Uint8Array(),
    quantization: undefined,
  });
  assertEquals(filter?.type, "int8");
  assertEquals(filter?.data.length, 27);
  assertEquals(filter?.quantization, {
    scales: [1 / 256, 2 / 256, 3 / 256],
    zeroPoints: [0, 0, 0],
    axis: 3,
  });
});

Deno.test("readTflite() names custom operators and codes beyond the schema", () => {
  const custom = { ...RELU, operators: [{ name: "MyOperator", inputs: [0], outputs: [1] }] };
  assertEquals(readTflite(buildTflite(custom)).operators[0]?.name, "custom MyOperator");
  assertEquals(readTflite(buildTflite(RELU)).operators[0]?.name, "RELU");
});

Deno.test("readTflite() throws for tensors that do not exist", () => {
  const cases: TfliteSpec[] = [
    { ...RELU, inputs: [2] },
    { ...RELU, outputs: [-1] },
    { ...RELU, operators: [{ name: "RELU", inputs: [-2], outputs: [1] }] },
    { ...RELU, operators: [{ name: "RELU", inputs: [0], outputs: [7] }] },
  ];
  for (const spec of cases) {
    assertThrows(
      () => readTflite(buildTflite(spec)),
      SyntaxError,
      "tensors must be numbered below 2",
    );
  }
});

Deno.test("readTflite() throws for a wrong number of zero points", () => {
  const tensor = { shape: [1, 2, 2, 1], scales: [1, 2], zeroPoints: [0] };
  const spec = { ...RELU, tensors: [tensor, { shape: [1, 2, 2, 1] }] };
  assertThrows(() => readTflite(buildTflite(spec)), SyntaxError, "found 1 for 2 scales");
});

Deno.test("readTflite() throws for a rank beyond reason", () => {
  const spec = { ...RELU, tensors: [{ shape: Array(9).fill(1) }, { shape: [1] }] };
  assertThrows(() => readTflite(buildTflite(spec)), SyntaxError, "at most 8 elements: found 9");
});

Deno.test("readTflite() throws for a file of another kind", () => {
  assertThrows(() => readTflite(new Uint8Array()), SyntaxError, '"TFL3"');
  assertThrows(
    () => readTflite(new TextEncoder().encode("<!DOCTYPE html>")),
    SyntaxError,
    '"TFL3"',
  );
});
