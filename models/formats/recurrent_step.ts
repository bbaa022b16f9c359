import * as tf from "@tensorflow/tfjs-core";
import type { SequenceLayer } from "../kernels/read_sequence_network.ts";
import type { RecurrentActivation, RecurrentCellName } from "../kernels/recurrent_cells.ts";
import type { Tensor, Tensor2D } from "../tensors.ts";
import { type CallValue, type GraphValue, isCall } from "./graph_values.ts";
import { type LinearForm, readLinearForm } from "./linear_form.ts";

/** A recurrent layer as its loop has it. */
export interface LoopLayer extends SequenceLayer {
  /** The loop variables that are its state: hidden, and of an LSTM the cell. */
  states: number[];
}

/** What an activation is applied to. */
interface Gate {
  activation: RecurrentActivation;
  form: LinearForm;
}

const ACTIVATIONS: ReadonlyMap<string, RecurrentActivation> = new Map([
  ["Sigmoid", "sigmoid"],
  ["Tanh", "tanh"],
  ["Relu", "relu"],
]);

/**
 * Recognises a recurrent layer by what one step of its loop computes, whatever the nodes are called.
 *
 * @param next value of each loop variable after a step, from those before as arguments
 * @param input the step's input
 * @returns tensors that belong to the caller's `tf.tidy()`; `undefined` where it is no layer that the
 * kernels run
 */
export function readRecurrentStep(
  next: readonly GraphValue[],
  input: (value: GraphValue) => boolean,
): LoopLayer | undefined {
  for (const [hidden, value] of next.entries()) {
    if (value.kind !== "call") continue;
    const step = { next, hidden, isInput: input };
    const layer = readLstm(value, step) ?? readGru(value, step) ?? readSimpleRnn(value, step);
    if (layer) return { states: [hidden], ...layer };
  }
  return undefined;
}

interface Step {
  next: readonly GraphValue[];
  hidden: number;
  isInput(value: GraphValue): boolean;
}

/** h' = activation(x K + h R + b) */
function readSimpleRnn(value: CallValue, step: Step): SequenceLayer | undefined {
  const gate = readGate(value);
  if (!gate) return undefined;
  return makeLayer("SimpleRNN", { gates: [gate], activation: gate.activation, step });
}

/** h' = o activation(c'), c' = f c + i g */
function readLstm(value: CallValue, step: Step): LoopLayer | undefined {
  for (const [output, squashed] of readOperands(value, "Mul")) {
    const o = readGate(output);
    const [cell] = squashed.kind === "call" ? squashed.inputs : [];
    const index = step.next.findIndex((each) => each === cell);
    if (!o || !cell || index < 0) continue;
    for (const [kept, added] of readOperands(cell, "Add", "AddV2")) {
      const f = readFactor(kept, { kind: "argument", index });
      const [i, g] = readFactors(added);
      if (!f || !i || !g) continue;
      // Either factor may be the gate: the candidate is the one with the cell's activation.
      const { activation } = readActivation(squashed) ?? {};
      const [gate, candidate] = g.activation === activation ? [i, g] : [g, i];
      if (candidate.activation !== activation) continue;
      const layer = makeLayer("LSTM", { gates: [gate, f, candidate, o], activation, step });
      return layer && { ...layer, states: [step.hidden, index] };
    }
  }
  return undefined;
}

/** h' = z h + (1 - z) g */
function readGru(value: CallValue, step: Step): SequenceLayer | undefined {
  for (const [kept, added] of readOperands(value, "Add", "AddV2")) {
    for (const [update, before] of readOperands(kept, "Mul")) {
      const z = readGate(update);
      if (!z || !isArgument(before, step.hidden)) continue;
      for (const [rest, candidate] of readOperands(added, "Mul")) {
        if (!isComplement(rest, update)) continue;
        const layer = readCandidate(candidate, { z, step });
        if (layer) return layer;
      }
    }
  }
  return undefined;
}

/** g = activation(x K + b + r (h R + b')), or activation(x K + (r h) R + b) */
function readCandidate(
  candidate: GraphValue,
  { z, step }: { z: Gate; step: Step },
): SequenceLayer | undefined {
  const squashed = readActivation(candidate);
  if (!squashed) return undefined;
  const { activation, sum } = squashed;
  for (const [outer, product] of readOperands(sum, "Add", "AddV2")) {
    for (const [reset, inner] of readOperands(product, "Mul")) {
      const [r, form, innerForm] = [readGate(reset), readLinearForm(outer), readLinearForm(inner)];
      if (!r || !form || !innerForm) continue;
      const gates = [z, r, { activation, form }];
      return makeLayer("GRUResetAfter", { gates, inner: innerForm, activation, step });
    }
  }
  const form = readLinearForm(sum);
  const resets = [...form?.products.keys() ?? []].filter((source) => !step.isInput(source));
  const [source] = resets;
  if (!form || !source || resets.length > 1) return undefined;
  const r = readFactor(source, { kind: "argument", index: step.hidden });
  if (!r) return undefined;
  const gates = [z, r, { activation, form }];
  return makeLayer("GRU", { gates, resetSource: source, activation, step });
}

/** Joins the weights of the gates in the order of Keras. */
function makeLayer(
  cell: RecurrentCellName,
  { gates, inner, resetSource, activation, step: { hidden, isInput } }: {
    gates: Gate[];
    inner?: LinearForm;
    resetSource?: GraphValue;
    activation: RecurrentActivation;
    step: Step;
  },
): SequenceLayer | undefined {
  const find = ({ products }: LinearForm, wanted: (source: GraphValue) => boolean) => {
    return [...products].find(([source]) => wanted(source))?.[1];
  };
  const isHidden = (source: GraphValue) => isArgument(source, hidden) || source === resetSource;
  const kernels = gates.map(({ form }) => find(form, isInput));
  const recurrent = gates.map(({ form }, index) => {
    return find(inner && index === gates.length - 1 ? inner : form, isHidden);
  });
  // Every product must be one of these, or something is left out.
  const known = gates.every(({ form }) =>
    [...form.products.keys()].every((source) => isInput(source) || isHidden(source))
  );
  if (!known || kernels.includes(undefined) || recurrent.includes(undefined)) return undefined;
  const units = recurrent[0]?.shape[0] ?? 0;
  const biasOf = (form: LinearForm) => form.bias ?? tf.zeros([units]);
  const bias = tf.concat(gates.map(({ form }) => tf.reshape(biasOf(form), [-1])));
  const recurrentActivations = new Set(
    gates.flatMap(({ activation }, index) => index === candidateOf(cell) ? [] : [activation]),
  );
  const [recurrentActivation = activation, ...others] = recurrentActivations;
  if (others.length > 0) return undefined;
  return {
    cell,
    activation,
    recurrentActivation,
    weights: {
      kernel: tf.concat(kernels as Tensor2D[], 1),
      recurrentKernel: tf.concat(recurrent as Tensor2D[], 1),
      bias: inner ? stackBiases(bias, { inner: biasOf(inner), gates: gates.length }) : bias,
    },
  };
}

/** Those of z and r are only ever added, so they stand in the first row. */
function stackBiases(
  bias: Tensor,
  { inner, gates }: { inner: Tensor; gates: number },
): Tensor {
  const [units = 0] = inner.shape;
  const second = tf.concat([tf.zeros([(gates - 1) * units]), tf.reshape(inner, [units])]);
  return tf.stack([bias, second]);
}

/** Which gate is the candidate, whose activation is the cell's. */
function candidateOf(cell: RecurrentCellName): number {
  return cell === "SimpleRNN" ? 0 : 2;
}

function readActivation(
  value: GraphValue,
): { activation: RecurrentActivation; sum: GraphValue } | undefined {
  if (value.kind !== "call") return undefined;
  const activation = ACTIVATIONS.get(value.node.op);
  const [sum] = value.inputs;
  return activation && sum && { activation, sum };
}

function readGate(value: GraphValue): Gate | undefined {
  const squashed = readActivation(value);
  const form = squashed && readLinearForm(squashed.sum);
  return form && form.products.size > 0 ? { activation: squashed.activation, form } : undefined;
}

/** The gate that a product has beside an argument. */
function readFactor(
  value: GraphValue,
  argument: { kind: "argument"; index: number },
): Gate | undefined {
  const found = readOperands(value, "Mul").find(([, other]) => isArgument(other, argument.index));
  return found && readGate(found[0]);
}

function readFactors(value: GraphValue): (Gate | undefined)[] {
  const [operands] = readOperands(value, "Mul");
  return operands?.map(readGate) ?? [];
}

/** The two operands of an operation in both orders; nothing where it is another one. */
function readOperands(value: GraphValue, ...ops: string[]): [GraphValue, GraphValue][] {
  if (!isCall(value, ...ops)) return [];
  const [left, right] = value.inputs;
  return left && right ? [[left, right], [right, left]] : [];
}

function isArgument(value: GraphValue, index: number): boolean {
  return value.kind === "argument" && value.index === index;
}

/** 1 - z */
function isComplement(value: GraphValue, of: GraphValue): boolean {
  if (!isCall(value, "Sub")) return false;
  const [one, subtracted] = value.inputs;
  return one?.kind === "constant" && one.tensor.size === 1 && one.tensor.dataSync()[0] === 1 &&
    subtracted === of;
}
