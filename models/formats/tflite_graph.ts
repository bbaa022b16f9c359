import { ServiceError } from "../../lib/service_error.ts";
import { buildGraph } from "./graph_builder.ts";
import type { Graph, GraphNode, ValueId, Weight } from "./graph.ts";
import { WEIGHT_ELEMENTS_MAX } from "./model_limits.ts";
import { convertOperator, type OperatorScope } from "./tflite_operators.ts";
import {
  readTflite,
  type TfliteModel,
  type TfliteOperator,
  type TfliteTensor,
} from "./tflite_reader.ts";
import { dequantizeTensor, readIntegers } from "./tflite_weights.ts";

/** `real = scale * (stored - zeroPoint)`. */
export interface InputQuantization {
  /** Distance of two stored values. */
  scale: number;
  /** The stored value that stands for 0. */
  zeroPoint: number;
}

/** A TensorFlow Lite file, ready to run in float32. */
export interface TfliteGraph {
  /** The network. */
  graph: Graph;
  /**
   * How the file maps stored pixels to real values, which tells the preprocessing that the network
   * was trained with. The graph itself takes real values. `undefined` for a float32 input.
   */
  inputQuantization: InputQuantization | undefined;
}

/**
 * Reads a TensorFlow Lite file into the form that runs: one image in, one vector out, weights
 * dequantised to float32, activations never quantised.
 *
 * @param bytes the whole file; the graph keeps no view of it
 * @throws {ServiceError} `unsupported_operator`, naming the operator and where it stands;
 * `model_unusable` if the file is broken or not a network of this kind
 */
export function readTfliteGraph(bytes: Uint8Array): TfliteGraph {
  try {
    return new TfliteConverter(readTflite(bytes)).convert();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `Cannot read TensorFlow Lite model as ${error.message}`;
    throw new ServiceError("model_unusable", message, { cause: error });
  }
}

class TfliteConverter {
  readonly #model: TfliteModel;
  /** Values known so far, by tensor. QUANTIZE and DEQUANTIZE give a value a second tensor. */
  readonly #sources = new Map<number, ValueId>();
  #valueCount: number;
  #weightElements = 0;

  constructor(model: TfliteModel) {
    this.#model = model;
    this.#valueCount = model.tensors.length;
    for (const [index, tensor] of model.tensors.entries()) {
      if (tensor.data.length > 0) this.#sources.set(index, index);
    }
  }

  convert(): TfliteGraph {
    const { operators, inputs, outputs } = this.#model;
    const [input, output] = [inputs[0], outputs[0]];
    if (input === undefined || output === undefined || inputs.length + outputs.length !== 2) {
      throw new SyntaxError(
        `it must have one input and one output: found ${inputs.length} and ${outputs.length}`,
      );
    }
    const { shape, quantization } = this.#tensor(input);
    if (shape.length !== 4) {
      throw new SyntaxError(`its input must be an image: found shape [${shape.join(", ")}]`);
    }
    this.#define(input, { id: input, origin: "its input" });
    const nodes = operators.flatMap((operator) => this.#convertOperator(operator));
    const scores = this.#source(output, "its output");
    if (this.#tensor(scores).data.length > 0) throw new SyntaxError("its output must be computed");
    const graph = buildGraph({ inputShape: shape, input, nodes, output: scores });
    const [scale] = quantization?.scales ?? [];
    const inputQuantization = scale === undefined
      ? undefined
      : { scale, zeroPoint: quantization?.zeroPoints[0] ?? 0 };
    return { graph, inputQuantization };
  }

  #convertOperator(operator: TfliteOperator): GraphNode[] {
    const { name, origin, inputs, outputs } = operator;
    const [output] = outputs;
    if (name === "QUANTIZE" || name === "DEQUANTIZE") {
      this.#define(output, { id: this.#source(inputs[0], origin), origin });
      return [];
    }
    const nodes = convertOperator(this.#createScope(operator));
    if (outputs.length !== 1) throw new SyntaxError(`${origin} must have one output`);
    this.#define(output, { id: output ?? -1, origin });
    return nodes;
  }

  #createScope(operator: TfliteOperator): OperatorScope {
    const { inputs, outputs, origin } = operator;
    const inputAt = (position: number) => this.#source(inputs[position], origin);
    const isConstant = (position: number) => this.#tensor(inputAt(position)).data.length > 0;
    const constant = (position: number) => {
      const tensor = this.#tensor(inputAt(position));
      if (tensor.data.length > 0) return tensor;
      throw new SyntaxError(`input ${position} of ${origin} must be a constant`);
    };
    const weight = (position: number) => this.#dequantize(constant(position));
    return {
      operator,
      output: outputs[0] ?? -1,
      outputShape: () => this.#tensor(outputs[0] ?? -1).shape,
      inputRank: () => this.#tensor(inputs[0] ?? -1).shape.length,
      createValue: () => this.#valueCount++,
      isConstant,
      value: (position) => {
        if (!isConstant(position)) return inputAt(position);
        throw new SyntaxError(`input ${position} of ${origin} must be computed`);
      },
      weight,
      optionalWeight: (position) => (inputs[position] ?? -1) < 0 ? undefined : weight(position),
      integers: (position) => readIntegers(constant(position)),
    };
  }

  /** The tensor that holds the value; a value of our own making has none. */
  #tensor(id: ValueId): TfliteTensor {
    const tensor = this.#model.tensors[id];
    if (tensor === undefined) throw new SyntaxError(`tensor ${id} does not exist`);
    return tensor;
  }

  #source(index: number | undefined, origin: string): ValueId {
    const id = index === undefined ? undefined : this.#sources.get(index);
    if (id === undefined) throw new SyntaxError(`${origin} reads a value that is not there yet`);
    return id;
  }

  #define(index: number | undefined, { id, origin }: { id: ValueId; origin: string }): void {
    if (index === undefined || this.#sources.has(index)) {
      throw new SyntaxError(`${origin} must give a value that nothing else gives`);
    }
    this.#sources.set(index, id);
  }

  #dequantize(tensor: TfliteTensor): Weight {
    const weight = dequantizeTensor(tensor);
    this.#weightElements += weight.values.length;
    if (this.#weightElements > WEIGHT_ELEMENTS_MAX) {
      throw new SyntaxError(`it must have at most ${WEIGHT_ELEMENTS_MAX} weights`);
    }
    return weight;
  }
}
