/** Writes recurrent layers as graphs, node by node as Keras's become loops in a converted model. */
import type { RecurrentCellName } from "../../../models/kernels/recurrent_cells.ts";
import { RECURRENT_CELLS } from "../../../models/kernels/recurrent_cells.ts";
import {
  createFiles,
  type ModelJson,
  node,
  placeholder,
  text,
  type WeightFixture,
} from "./tfjs_fixtures.ts";
import { pattern } from "./tflite_parts.ts";

/** One recurrent network. */
export interface KerasGraph {
  /** From the input to the output. */
  layers: { cell: RecurrentCellName; units: number }[];
  channels: number;
  classes: number;
  /** -1: any number. */
  steps?: number;
  /** Where the input is tokens: how many there are. */
  tokens?: number;
  /** Loops as circles of single nodes, which is how the converter writes them unless it is told otherwise. */
  isLowered?: boolean;
  /** Reads the input from its end. */
  goBackwards?: boolean;
  /** What the activation of the candidate is; Tanh by default. */
  activation?: "Tanh" | "Relu" | "Elu";
}

const FLOAT = { type: "DT_FLOAT" };
const INT = { type: "DT_INT32" };

/** Nodes and their constants. */
class GraphWriter {
  readonly nodes: ModelJson[] = [];
  readonly weights: WeightFixture[];

  constructor(weights: WeightFixture[], readonly prefix: string) {
    this.weights = weights;
  }

  /** Adds a node and gives its name. */
  add(name: string, op: string, input: string[], attr: ModelJson = {}): string {
    this.nodes.push(node(name, op, { input, attr: { T: FLOAT, ...attr } }));
    return name;
  }

  weight(name: string, shape: number[], values: number[]): string {
    this.weights.push({ name: this.prefix + name, shape, values });
    this.nodes.push(node(this.prefix + name, "Const", { attr: { dtype: FLOAT } }));
    return this.prefix + name;
  }

  integers(name: string, values: number | number[]): string {
    const list = [values].flat();
    const shape = Array.isArray(values) ? [list.length] : [];
    this.weights.push({ name: this.prefix + name, shape, values: list, stored: "int32" });
    this.nodes.push(node(this.prefix + name, "Const", { attr: { dtype: INT } }));
    return this.prefix + name;
  }

  /** `x[index]` along the first axis. */
  pick(name: string, x: string, index: number): string {
    const bounds = [
      this.integers(`${name}/begin`, [index]),
      this.integers(`${name}/end`, [index + 1]),
      this.integers(`${name}/strides`, [1]),
    ];
    // From the end on, an end of 0 is that of the axis.
    const mask = index === -1 ? { end_mask: { i: "1" } } : {};
    return this.add(name, "StridedSlice", [x, ...bounds], {
      shrink_axis_mask: { i: "1" },
      ...mask,
    });
  }
}

/** The files of a network, with weights that follow from a formula. */
export function makeKerasGraph(graph: KerasGraph): Map<string, Uint8Array> {
  const { channels, classes, steps = -1, tokens } = graph;
  const weights: WeightFixture[] = [];
  const main = new GraphWriter(weights, "");
  const functions: ModelJson[] = [];
  main.nodes.push(placeholder("x", tokens ? [-1, steps] : [-1, steps, channels]));
  let sequence = "x";
  if (tokens) {
    const table = main.weight("embeddings", [tokens, channels], scaled(tokens * channels, 9));
    const cast = main.add("cast", "Cast", ["x"], { SrcT: FLOAT, DstT: INT });
    const axis = main.integers("embedding/axis", 0);
    sequence = main.add("embedding", "GatherV2", [table, cast, axis]);
  }
  let inputs = channels;
  graph.layers.forEach((layer, index) => {
    const isLast = index === graph.layers.length - 1;
    const written = writeLayer(main, { ...graph, ...layer, inputs, sequence, index, isLast });
    functions.push(...written.functions);
    sequence = written.output;
    inputs = layer.units;
  });
  const kernel = main.weight("head/kernel", [inputs, classes], scaled(inputs * classes, 5));
  const bias = main.weight("head/bias", [classes], scaled(classes, 6));
  const fused = { fused_ops: { list: { s: [text("BiasAdd").s] } }, num_args: { i: "1" } };
  main.add("head", "_FusedMatMul", [sequence, kernel, bias], fused);
  main.add("scores", "Softmax", ["head"]);
  const modelTopology = {
    node: main.nodes,
    library: { function: functions },
    versions: { producer: 1 },
  };
  return createFiles({ format: "graph-model", modelTopology }, { weights });
}

/** The weights of a layer in the layout of Keras: kernel, recurrent kernel, bias. */
export function makeLayerWeights(
  { cell, inputs, units, index }: {
    cell: RecurrentCellName;
    inputs: number;
    units: number;
    index: number;
  },
): WeightFixture[] {
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[cell];
  const columns = gates * units;
  const biasShape = hasRecurrentBias ? [2, columns] : [columns];
  return [[inputs, columns], [units, columns], biasShape].map((shape, which) => ({
    name: ["kernel", "recurrent_kernel", "bias"][which] ?? "",
    shape,
    values: scaled(shape.reduce((left, right) => left * right, 1), 1 + which + 3 * index),
  }));
}

function scaled(length: number, seed: number): number[] {
  return [...pattern(length, seed)].map((value) => value / 2);
}

function writeLayer(
  main: GraphWriter,
  layer: KerasGraph & {
    cell: RecurrentCellName;
    units: number;
    inputs: number;
    sequence: string;
    index: number;
    isLast: boolean;
  },
): { output: string; functions: ModelJson[] } {
  const { cell, units, inputs, sequence, index, isLast } = layer;
  const at = (name: string) => `layer${index}/${name}`;
  const [kernel, recurrent, bias] = makeLayerWeights(layer).map(({ name, shape, values }) => {
    return main.weight(at(name), shape, values);
  }) as [string, string, string];
  const perm = main.integers(at("perm"), [1, 0, 2]);
  let timeMajor = main.add(at("transpose"), "Transpose", [sequence, perm]);
  if (layer.goBackwards) {
    const axis = main.integers(at("axis"), [0]);
    timeMajor = main.add(at("reverse"), "ReverseV2", [timeMajor, axis]);
  }
  const shape = main.add(at("shape"), "Shape", [sequence], { out_type: INT });
  const batch = main.pick(at("batch"), shape, 0);
  const dims = main.add(at("dims"), "Pack", [batch, main.integers(at("units"), units)], {
    N: { i: "2" },
    axis: { i: "0" },
  });
  const zero = main.weight(at("zero"), [], [0]);
  const zeros = main.add(at("zeros"), "Fill", [dims, zero]);
  const timeShape = main.add(at("time_shape"), "Shape", [timeMajor], { out_type: INT });
  const steps = main.pick(at("steps"), timeShape, 0);
  const element = main.integers(at("element_in"), [-1, inputs]);
  const elementOut = main.integers(at("element_out"), [-1, units]);
  const list = main.add(at("list"), "TensorListFromTensor", [timeMajor, element], {
    element_dtype: FLOAT,
  });
  const reserve = main.add(at("reserve"), "TensorListReserve", [elementOut, steps], {
    element_dtype: FLOAT,
  });
  const states = RECURRENT_CELLS[cell].states;
  const loopInputs = [
    main.integers(at("counter"), 0),
    steps,
    main.integers(at("time"), 0),
    reserve,
    ...Array<string>(states).fill(zeros),
    steps,
    list,
    kernel,
    recurrent,
    bias,
  ];
  const names = [`while${index}_cond`, `while${index}_body`] as const;
  const condition = writeCondition(names[0], states);
  const body = writeBody(names[1], { ...layer, states, weights: main.weights });
  const functions = layer.isLowered ? [] : [condition, body];
  const loop = at("while");
  if (layer.isLowered) lowerLoop(main, { loop, loopInputs, condition, body });
  else {
    main.add(loop, "StatelessWhile", loopInputs, {
      cond: { func: { name: names[0] } },
      body: { func: { name: names[1] } },
    });
  }
  const outputs = layer.isLowered ? `${loop}/exit/outputs` : `${loop}:3`;
  const stack = main.add(at("stack"), "TensorListStack", [outputs, elementOut], {
    element_dtype: FLOAT,
    num_elements: { i: "-1" },
  });
  const output = isLast
    ? main.pick(at("last"), stack, -1)
    : main.add(at("outputs"), "Transpose", [stack, perm]);
  return { output, functions };
}

/** The same loop as Enter, Merge, Switch, NextIteration and Exit; weights only enter. */
function lowerLoop(
  main: GraphWriter,
  { loop, loopInputs, condition, body }: {
    loop: string;
    loopInputs: string[];
    condition: ModelJson;
    body: ModelJson;
  },
): void {
  const names: string[] = body.signature.inputArg.map(({ name }: ModelJson) => name);
  const fixed = ["kernel", "recurrent", "bias"];
  const frame = { frame_name: { s: btoa(loop) }, parallel_iterations: { i: "32" } };
  const place = (kind: string, name: string) => `${loop}/${kind}/${name}`;
  const resolve = (before: "merge" | "switch") => (reference: string) => {
    const [name = "", ...rest] = reference.split(":");
    if (fixed.includes(name)) return place("enter", name);
    if (names.includes(name)) {
      return before === "merge" ? place("merge", name) : `${place("switch", name)}:1`;
    }
    const port = rest.at(-1) ?? "0";
    const isConstant = name.startsWith(`${body.signature.name}/`);
    return `${isConstant ? name : `${loop}/${name}`}${port === "0" ? "" : `:${port}`}`;
  };
  names.forEach((name, index) => {
    const isFixed = fixed.includes(name);
    const attr = { ...frame, is_constant: { b: isFixed } };
    main.add(place("enter", name), "Enter", [loopInputs[index] ?? ""], attr);
    if (isFixed) return;
    main.add(place("merge", name), "Merge", [place("enter", name), place("next", name)]);
    main.add(place("switch", name), "Switch", [place("merge", name), `${loop}/condition`]);
    main.add(place("exit", name), "Exit", [place("switch", name)]);
    const after = resolve("switch")(body.ret[`${name}_out`]);
    main.add(place("next", name), "NextIteration", [after]);
  });
  const inline = ({ nodeDef }: ModelJson, before: "merge" | "switch") => {
    for (const each of nodeDef) {
      const name = each.op === "Const" ? each.name : `${loop}/${each.name}`;
      main.nodes.push({ ...each, name, input: each.input.map(resolve(before)) });
    }
  };
  inline(condition, "merge");
  inline(body, "switch");
  main.add(`${loop}/condition`, "LoopCond", [`${loop}/less`]);
}

function argumentNames(states: number): string[] {
  const middle = ["h", "c"].slice(0, states);
  return [
    "counter",
    "most",
    "time",
    "outputs",
    ...middle,
    "steps",
    "list",
    "kernel",
    "recurrent",
    "bias",
  ];
}

function toSignature(name: string, { inputs, outputs }: { inputs: string[]; outputs: string[] }) {
  const typed = (each: string) => ({ name: each, type: "DT_FLOAT" });
  return { name, inputArg: inputs.map(typed), outputArg: outputs.map(typed) };
}

function writeCondition(name: string, states: number): ModelJson {
  const nodeDef = [node("less", "Less", { input: ["time", "steps"], attr: { T: INT } })];
  const signature = toSignature(name, { inputs: argumentNames(states), outputs: ["goes_on"] });
  return { signature, nodeDef, ret: { goes_on: "less:z:0" } };
}

function writeBody(
  name: string,
  { cell, units, inputs, states, activation = "Tanh", weights }: {
    cell: RecurrentCellName;
    units: number;
    inputs: number;
    states: number;
    activation?: string;
    weights: WeightFixture[];
  },
): ModelJson {
  const body = new GraphWriter(weights, `${name}/`);
  const element = body.integers("element", [-1, inputs]);
  const one = body.integers("one", 1);
  body.add("item", "TensorListGetItem", ["list", "time", `${element}:output:0`], {
    element_dtype: FLOAT,
  });
  const x = "item:item:0";
  const { h, c } = writeCell(body, { cell, units, x, activation });
  body.add("set", "TensorListSetItem", ["outputs", "time", h], { element_dtype: FLOAT });
  body.add("later", "AddV2", ["time", `${one}:output:0`], { T: INT });
  body.add("counted", "AddV2", ["counter", `${one}:output:0`], { T: INT });
  body.add("kept_time", "Identity", ["later:z:0"], { T: INT });
  const results: Record<string, string> = {
    counter: "counted:z:0",
    time: "kept_time:output:0",
    outputs: "set:output_handle:0",
    h,
    ...(c ? { c } : {}),
  };
  const names = argumentNames(states);
  const outputs = names.map((each) => `${each}_out`);
  return {
    signature: toSignature(name, { inputs: names, outputs }),
    nodeDef: body.nodes,
    ret: Object.fromEntries(names.map((each) => [`${each}_out`, results[each] ?? each])),
  };
}

/** One step; names as the layers of Keras give them, outputs as functions name them. */
function writeCell(
  body: GraphWriter,
  { cell, units, x, activation }: {
    cell: RecurrentCellName;
    units: number;
    x: string;
    activation: string;
  },
): { h: string; c?: string } {
  const out = (name: string) => `${name}:z:0`;
  const multiply = (name: string, left: string, right: string) => {
    body.add(name, "MatMul", [left, right]);
    return `${name}:product:0`;
  };
  const call = (name: string, op: string, ...inputs: string[]) => {
    body.add(name, op, inputs);
    return op === "BiasAdd"
      ? `${name}:output:0`
      : op === "Relu"
      ? `${name}:activations:0`
      : out(name);
  };
  const split = (name: string, value: string, count: number) => {
    const axis = body.integers(`${name}/axis`, 1);
    body.add(name, "Split", [`${axis}:output:0`, value], { num_split: { i: String(count) } });
    return Array.from({ length: count }, (_, index) => `${name}:output:${index}`);
  };
  const fromInput = multiply("matmul", x, "kernel");
  if (cell === "SimpleRNN") {
    const sum = call("bias_add", "BiasAdd", fromInput, "bias");
    const joined = call("add", "AddV2", sum, multiply("matmul_1", "h", "recurrent"));
    return { h: call("activation", activation, joined) };
  }
  if (cell === "LSTM") {
    const joined = call("add", "AddV2", fromInput, multiply("matmul_1", "h", "recurrent"));
    const sum = call("bias_add", "BiasAdd", joined, "bias");
    const [i, f, g, o] = split("split", sum, 4) as [string, string, string, string];
    const kept = call("mul", "Mul", call("sigmoid_1", "Sigmoid", f), "c");
    const candidate = call("activation", activation, g);
    const added = call("mul_1", "Mul", call("sigmoid", "Sigmoid", i), candidate);
    const c = call("add_1", "AddV2", kept, added);
    const output = call("sigmoid_2", "Sigmoid", o);
    return { h: call("mul_2", "Mul", output, call("activation_1", activation, c)), c };
  }
  const gru = { body, call, multiply, split, fromInput, activation, units };
  return { h: cell === "GRU" ? writeGru(gru) : writeResetAfterGru(gru) };
}

interface GruWriter {
  body: GraphWriter;
  call(name: string, op: string, ...inputs: string[]): string;
  multiply(name: string, left: string, right: string): string;
  split(name: string, value: string, count: number): string[];
  fromInput: string;
  activation: string;
  units: number;
}

/** The recurrent kernel is cut: z and r have a product, the candidate another one. */
function writeGru(
  { body, call, multiply, split, fromInput, activation, units }: GruWriter,
): string {
  const sum = call("bias_add", "BiasAdd", fromInput, "bias");
  const [xz, xr, xh] = split("split", sum, 3) as [string, string, string];
  const cut = (name: string, [from, to]: [number, number]) => {
    const bounds = [[0, from], [0, to], [1, 1]].map((values, index) => {
      return `${body.integers(`${name}/${index}`, values)}:output:0`;
    });
    body.add(name, "StridedSlice", ["recurrent", ...bounds], {
      begin_mask: { i: "1" },
      end_mask: { i: "1" },
    });
    return `${name}:output:0`;
  };
  const gates = multiply("matmul_1", "h", cut("slice", [0, 2 * units]));
  const [hz, hr] = split("split_1", gates, 2) as [string, string];
  const z = call("sigmoid", "Sigmoid", call("add", "AddV2", xz, hz));
  const r = call("sigmoid_1", "Sigmoid", call("add_1", "AddV2", xr, hr));
  const reset = call("mul", "Mul", r, "h");
  const hh = multiply("matmul_2", reset, cut("slice_1", [2 * units, 3 * units]));
  return mix({
    body,
    call,
    z,
    candidate: call("activation", activation, call("add_2", "AddV2", xh, hh)),
  });
}

function writeResetAfterGru(
  { body, call, multiply, split, fromInput, activation }: GruWriter,
): string {
  body.add("unstack", "Unpack", ["bias"], { num: { i: "2" }, axis: { i: "0" } });
  const sum = call("bias_add", "BiasAdd", fromInput, "unstack:output:0");
  const [xz, xr, xh] = split("split", sum, 3) as [string, string, string];
  const product = multiply("matmul_1", "h", "recurrent");
  const inner = call("bias_add_1", "BiasAdd", product, "unstack:output:1");
  const [hz, hr, hh] = split("split_1", inner, 3) as [string, string, string];
  const z = call("sigmoid", "Sigmoid", call("add", "AddV2", xz, hz));
  const r = call("sigmoid_1", "Sigmoid", call("add_1", "AddV2", xr, hr));
  const reset = call("mul", "Mul", r, hh);
  return mix({
    body,
    call,
    z,
    candidate: call("activation", activation, call("add_2", "AddV2", xh, reset)),
  });
}

function mix(
  { body, call, z, candidate }: Pick<GruWriter, "body" | "call"> & { z: string; candidate: string },
): string {
  const kept = call("mul_1", "Mul", z, "h");
  const one = `${body.weight("unit", [], [1])}:output:0`;
  const rest = call("sub", "Sub", one, z);
  return call("add_3", "AddV2", kept, call("mul_2", "Mul", rest, candidate));
}
