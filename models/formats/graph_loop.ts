import type { Tensor } from "../tensors.ts";
import {
  type CallValue,
  type GraphValue,
  GraphValues,
  isCall,
  type LoopValues,
} from "./graph_values.ts";
import { type LoopLayer, readRecurrentStep } from "./recurrent_step.ts";
import { readFunctionName, readValueName, type ValueName } from "./tfjs_attributes.ts";
import { isRecord } from "./tfjs_files.ts";

/** A recurrent layer, and the value that it reads step by step. */
export interface LayerLoop {
  /** What it computes. */
  layer: LoopLayer;
  /** A list of tensors, one for each step. */
  sequence: GraphValue;
  /** Which result it gives: the last hidden state, or those after every step as a list. */
  gives: "state" | "outputs";
}

/** Where loops are found. */
export interface LoopPlaces {
  /** Of the graph. */
  values: GraphValues;
  /** Its library of functions, as `model.json` has it. */
  library: unknown;
  /** By the name of their node. */
  weights: Readonly<Record<string, Tensor>>;
}

/** The body of a loop, as `model.json` has it. */
interface LoopFunction {
  nodes: readonly unknown[];
  argumentNames: string[];
  results: ValueName[];
}

/**
 * Reads a value that a loop gives, in both of the forms that loops have: one node with a function for its
 * body, or a circle of single nodes.
 *
 * @returns `undefined` where it is no loop, or none that is a recurrent layer: from zeros, forwards, one
 * element of a list in each step
 */
export function readLayerLoop(value: CallValue, places: LoopPlaces): LayerLoop | undefined {
  const loop = value.node.op === "Exit" ? places.values.readLoop(value) : readWhile(value, places);
  if (!loop) return undefined;
  const { initial, next, variable } = loop;
  const reads: CallValue[] = [];
  const isInput = (source: GraphValue): source is CallValue => {
    const isRead = isCall(source, "TensorListGetItem");
    if (isRead) reads.push(source);
    return isRead;
  };
  const layer = readRecurrentStep(next, isInput);
  const lists = new Set(reads.map(({ inputs: [list] }) => list));
  const times = new Set(reads.map(({ inputs: [, time] }) => time));
  const [[list], [time]] = [[...lists], [...times]];
  if (!layer || lists.size > 1 || times.size > 1 || list?.kind !== "argument") return undefined;
  const sequence = initial[list.index];
  const isPlain = sequence && next[list.index] === list && isCounter(time, loop) &&
    readsEveryStep(loop.condition, loop) &&
    layer.states.every((state) => isZeros(initial[state]));
  const gives = findResult(next, { variable, hidden: layer.states[0] ?? -1 });
  return isPlain && gives ? { layer, sequence, gives } : undefined;
}

function findResult(
  next: readonly GraphValue[],
  { variable, hidden }: { variable: number; hidden: number },
): LayerLoop["gives"] | undefined {
  if (variable === hidden) return "state";
  const result = next[variable];
  if (!result || !isCall(result, "TensorListSetItem")) return undefined;
  return result.inputs[2] === next[hidden] ? "outputs" : undefined;
}

/** Whether a loop ends only where a counter meets a length that it began with. */
function readsEveryStep(condition: GraphValue | undefined, loop: LoopValues): boolean {
  if (condition?.kind !== "call") return false;
  const { node: { op }, inputs } = condition;
  if (op === "LogicalAnd") return inputs.every((each) => readsEveryStep(each, loop));
  const [counter, end] = inputs;
  if (op !== "Less" || !end || !isCounter(counter, loop)) return false;
  if (end.kind !== "argument") return isLength(end);
  const [before, after] = [loop.initial[end.index], loop.next[end.index]];
  const isKept = after === before || (after?.kind === "argument" && after.index === end.index);
  return isKept && isLength(before);
}

/** A number of steps: of a tensor, or one that was known when the graph was written. */
function isLength(value: GraphValue | undefined): boolean {
  if (value?.kind === "constant") return value.tensor.size === 1;
  const [shape] = value && isCall(value, "StridedSlice") ? value.inputs : [];
  return shape !== undefined && isCall(shape, "Shape");
}

/** 0, 1, 2, ... */
function isCounter(time: GraphValue | undefined, { initial, next }: LoopValues): boolean {
  if (time?.kind !== "argument") return false;
  const after = next[time.index];
  if (!after || !isCall(after, "Add", "AddV2") || !isNumber(initial[time.index], 0)) return false;
  const isTime = (value?: GraphValue) => value?.kind === "argument" && value.index === time.index;
  const [left, right] = after.inputs;
  return (isTime(left) && isNumber(right, 1)) || (isTime(right) && isNumber(left, 1));
}

function isZeros(value: GraphValue | undefined): boolean {
  if (value?.kind === "constant") return value.tensor.dataSync().every((each) => each === 0);
  if (!value || !isCall(value, "Fill", "ZerosLike")) return false;
  return value.node.op === "ZerosLike" || isNumber(value.inputs[1], 0);
}

function isNumber(value: GraphValue | undefined, wanted: number): boolean {
  return value?.kind === "constant" && value.tensor.size === 1 &&
    value.tensor.dataSync()[0] === wanted;
}

function readWhile(
  loop: CallValue,
  { library, weights }: LoopPlaces,
): LoopValues | undefined {
  const isWhile = loop.node.op === "While" || loop.node.op === "StatelessWhile";
  const body = isWhile ? findFunction(library, readFunctionName(loop.node, "body")) : undefined;
  if (!body || body.argumentNames.length !== loop.inputs.length) return undefined;
  const plain = readStep(body, { weights, given: [] });
  // What no step changes is what the loop begins with.
  const given = loop.inputs.map((outer, index) => {
    const after = plain[index];
    const isFixed = after?.kind === "argument" && after.index === index;
    return isFixed && outer.kind === "constant" ? outer : undefined;
  });
  const next = readStep(body, { weights, given });
  const test = findFunction(library, readFunctionName(loop.node, "cond"));
  const [condition] = test ? readStep(test, { weights, given: [] }) : [];
  return { initial: loop.inputs, next, condition, variable: loop.port };
}

/** The values of the loop variables after a step, from those before. */
function readStep(
  { nodes, argumentNames, results }: LoopFunction,
  { weights, given }: {
    weights: LoopPlaces["weights"];
    given: readonly (GraphValue | undefined)[];
  },
): GraphValue[] {
  const before = argumentNames.map((name, index): [string, GraphValue] => {
    return [name, given[index] ?? { kind: "argument", index }];
  });
  const values = new GraphValues(nodes, weights, new Map(before));
  return results.map((result) => values.read(result));
}

function findFunction(library: unknown, name: string): LoopFunction | undefined {
  const functions = isRecord(library) && Array.isArray(library.function) ? library.function : [];
  const found: unknown = functions.find((each: unknown) =>
    isRecord(each) && isRecord(each.signature) && each.signature.name === name
  );
  if (!isRecord(found) || !isRecord(found.signature)) return undefined;
  const { signature: { inputArg, outputArg }, nodeDef, ret } = found;
  const namesOf = (list: unknown) =>
    Array.isArray(list) ? list.map((each) => String(isRecord(each) ? each.name : "")) : [];
  return {
    nodes: Array.isArray(nodeDef) ? nodeDef : [],
    argumentNames: namesOf(inputArg),
    results: namesOf(outputArg).map((result) => {
      return readValueName(String(isRecord(ret) ? ret[result] : ""));
    }),
  };
}
