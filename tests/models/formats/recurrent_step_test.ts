import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import type { GraphValue } from "../../../models/formats/graph_values.ts";
import { readRecurrentStep } from "../../../models/formats/recurrent_step.ts";
import { startTestBackend } from "./test_backend.ts";

await startTestBackend();

const H = { kind: "argument", index: 0 } as const;
const C = { kind: "argument", index: 1 } as const;
const X: GraphValue = call("Item");

function call(op: string, ...inputs: GraphValue[]): GraphValue {
  return { kind: "call", node: { name: op, op, inputs: [], attributes: {} }, port: 0, inputs };
}

function constant(tensor: tf.Tensor): GraphValue {
  return { kind: "constant", tensor };
}

/** x K + h R with two units; the weights tell the gates apart. */
function gate(op: string, value: number, hidden: GraphValue = H): GraphValue {
  const product = (source: GraphValue, rows: number) =>
    call("MatMul", source, constant(tf.fill([rows, 2], value)));
  return call(op, call("AddV2", product(X, 1), product(hidden, 2)));
}

const read = (...next: GraphValue[]) => {
  const layer = readRecurrentStep(next, (value) => value === X);
  return layer && {
    ...{ cell: layer.cell, states: layer.states },
    activations: [layer.activation, layer.recurrentActivation],
    gates: [...layer.weights.kernel.dataSync()].filter((_, index) => index % 2 === 0),
  };
};

Deno.test("readRecurrentStep() knows the cells whichever way their factors stand", () => {
  tf.tidy(() => {
    assertEquals(read(call("Other"), H, gate("Relu", 1)), undefined);
    assertEquals(read(gate("Relu", 1)), {
      ...{ cell: "SimpleRNN", states: [0], activations: ["relu", "relu"], gates: [1] },
    });
    const [i, f, g, o] = [1, 2, 3, 4].map((n) => gate(n === 3 ? "Tanh" : "Sigmoid", n)) as [
      GraphValue,
      GraphValue,
      GraphValue,
      GraphValue,
    ];
    const lstm = {
      ...{ cell: "LSTM", states: [0, 1], activations: ["tanh", "sigmoid"], gates: [1, 2, 3, 4] },
    };
    const cell = call("AddV2", call("Mul", f, C), call("Mul", i, g));
    assertEquals(read(call("Mul", o, call("Tanh", cell)), cell), lstm);
    const swapped = call("Add", call("Mul", g, i), call("Mul", C, f));
    assertEquals(read(call("Mul", call("Tanh", swapped), o), swapped), lstm);
    const one = constant(tf.scalar(1));
    const [z, r] = [gate("Sigmoid", 1), gate("Sigmoid", 2)];
    const candidate = gate("Tanh", 3, call("Mul", r, H));
    const gru = { cell: "GRU", states: [0], activations: ["tanh", "sigmoid"], gates: [1, 2, 3] };
    const rest = call("Mul", call("Sub", one, z), candidate);
    assertEquals(read(call("AddV2", call("Mul", z, H), rest)), gru);
    assertEquals(read(call("AddV2", rest, call("Mul", H, z))), gru);
  });
});

Deno.test("readRecurrentStep() takes nothing that only looks like a cell", () => {
  tf.tidy(() => {
    const [i, f, g, o] = [1, 2, 3, 4].map((n) => gate("Sigmoid", n)) as [
      GraphValue,
      GraphValue,
      GraphValue,
      GraphValue,
    ];
    // The cell state goes on without the forget gate.
    const cell = call("AddV2", C, call("Mul", i, g));
    assertEquals(read(call("Mul", o, call("Tanh", cell)), cell), undefined);
    const sum = call("AddV2", call("Mul", f, C), call("Mul", i, gate("Tanh", 3)));
    // The output is squashed by another function than the candidate.
    assertEquals(read(call("Mul", o, call("Relu", sum)), sum), undefined);
    // 2 - z instead of 1 - z.
    const rest = call("Sub", constant(tf.scalar(2)), i);
    const mixed = call("Mul", rest, gate("Tanh", 3, call("Mul", f, H)));
    assertEquals(read(call("AddV2", call("Mul", i, H), mixed)), undefined);
    // A product with something that is neither the input nor the state.
    assertEquals(read(gate("Tanh", 1, call("Other"))), undefined);
  });
});
