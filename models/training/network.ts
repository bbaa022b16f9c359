import type { DenseHead, DenseLayer } from "../heads/dense_head.ts";
import type { RandomSource } from "../../lib/random.ts";
import type { MemoryBlock, MemoryMatrix, TrainingMemory } from "./training_memory.ts";

/** The logit of a class that only fills up a row: below all others, so that its probability is 0. */
const PADDING_LOGIT = -1e30;

/** Sizes of a {@linkcode Network}. */
export interface NetworkSizes {
  /** Length of a feature vector. */
  inputs: number;
  /** Units of each hidden layer; none for softmax regression. */
  hidden: readonly number[];
  /** How many classes. */
  classes: number;
}

/** One dense layer inside the network's parameters. */
interface NetworkLayer {
  readonly inputs: number;
  readonly units: number;
  /** `[units, stride]`: the weights of a unit beside each other, then its bias. */
  readonly weights: MemoryMatrix;
  readonly gradient: MemoryMatrix;
}

/** What a pass over up to `rows` samples needs beside the parameters. */
export interface NetworkPass {
  /** The input of each layer, `[rows, stride]`, with a 1 behind each row for the bias. */
  readonly inputs: readonly MemoryMatrix[];
  /** What each layer gives: the hidden layers' are the inputs of the next; the last are logits. */
  readonly outputs: readonly MemoryMatrix[];
  /** The gradient by each output. */
  readonly outputGradients: readonly MemoryMatrix[];
  /** What each hidden output is multiplied by: 0 where dropout drops it. */
  readonly masks: readonly MemoryMatrix[];
}

/**
 * Numbers from one row to the next: room for `length` and the 1 of the bias, and an odd number of
 * vectors, as rows a power of two apart would fight for the same lines of the cache.
 */
export function rowStride(length: number): number {
  const vectors = Math.ceil((length + 1) / 4);
  return 4 * (vectors % 2 === 0 ? vectors + 1 : vectors);
}

/** Numbers from one row of logits to the next. */
export function logitsStride(classes: number): number {
  return 4 * Math.ceil(classes / 4);
}

/**
 * Dense layers with ReLU between them, inside a {@linkcode TrainingMemory}: all parameters in one
 * block, all gradients in another of the same shape, so that an optimiser sees two vectors.
 */
export class Network {
  /** Lengths of the layers. */
  readonly sizes: NetworkSizes;
  /** All weights and biases. */
  readonly parameters: MemoryBlock;
  /** Their gradient. */
  readonly gradient: MemoryBlock;
  readonly #memory: TrainingMemory;
  readonly #layers: readonly NetworkLayer[];

  /** All parameters are 0. */
  constructor(memory: TrainingMemory, sizes: NetworkSizes) {
    this.sizes = sizes;
    this.#memory = memory;
    const lengths = [sizes.inputs, ...sizes.hidden, sizes.classes];
    const shapes = lengths.slice(1).map((units, layer) => {
      const inputs = lengths[layer] as number;
      return { inputs, units, rows: units, stride: rowStride(inputs) };
    });
    const total = shapes.reduce((sum, { rows, stride }) => sum + rows * stride, 0);
    this.parameters = memory.allocate(total);
    this.gradient = memory.allocate(total);
    let first = 0;
    this.#layers = shapes.map(({ inputs, units, rows, stride }) => {
      const place = (block: MemoryBlock) => ({
        pointer: block.pointer + 4 * first,
        length: rows * stride,
        rows,
        stride,
      });
      const layer = {
        inputs,
        units,
        weights: place(this.parameters),
        gradient: place(this.gradient),
      };
      first += rows * stride;
      return layer;
    });
  }

  /**
   * Allocates what a pass over the rows of `features` writes. Padding logits are set once; the
   * kernels leave them alone.
   */
  allocatePass(features: MemoryMatrix): NetworkPass {
    const { rows } = features;
    const { hidden, classes } = this.sizes;
    const allocateHidden = () =>
      hidden.map((units) => {
        const matrix = this.#memory.allocateMatrix(rows, rowStride(units));
        const values = this.#memory.floats(matrix);
        for (let row = 0; row < rows; row++) values[row * matrix.stride + units] = 1;
        return matrix;
      });
    const hiddenOutputs = allocateHidden();
    const logits = this.#memory.allocateMatrix(rows, logitsStride(classes));
    this.#memory.floats(logits).fill(PADDING_LOGIT);
    const outputs = [...hiddenOutputs, logits];
    return {
      inputs: [features, ...hiddenOutputs],
      outputs,
      outputGradients: outputs.map(({ stride }) => this.#memory.allocateMatrix(rows, stride)),
      masks: allocateHidden(),
    };
  }

  /** Computes the outputs of the first `rows` samples; with dropout where `dropsOut`. */
  forward(pass: NetworkPass, rows: number, { dropsOut = false } = {}): void {
    const { multiplyTransposed, rectify, multiplyEach } = this.#memory.kernels;
    this.#layers.forEach(({ units, weights }, layer) => {
      const input = pass.inputs[layer] as MemoryMatrix;
      const output = pass.outputs[layer] as MemoryMatrix;
      multiplyTransposed(
        ...[input.pointer, input.stride, weights.pointer, weights.stride],
        ...[output.pointer, output.stride, rows, units, weights.stride],
      );
      const mask = pass.masks[layer];
      if (mask) rectify(output.pointer, rows * output.stride);
      if (mask && dropsOut) multiplyEach(mask.pointer, output.pointer, rows * output.stride);
    });
  }

  /** Computes the gradient of the parameters from that of the logits. */
  backward(pass: NetworkPass, rows: number, { dropsOut = false } = {}): void {
    const { multiplyStrided, maskWhereZero, multiplyEach } = this.#memory.kernels;
    for (let layer = this.#layers.length - 1; layer >= 0; layer--) {
      const { units, weights, gradient } = this.#layers[layer] as NetworkLayer;
      const input = pass.inputs[layer] as MemoryMatrix;
      const { pointer, stride } = pass.outputGradients[layer] as MemoryMatrix;
      multiplyStrided(
        ...[pointer, stride, 1, input.pointer, input.stride],
        ...[gradient.pointer, gradient.stride, units, gradient.stride, rows],
      );
      const below = pass.outputGradients[layer - 1];
      if (!below) continue;
      multiplyStrided(
        ...[pointer, 1, stride, weights.pointer, weights.stride],
        ...[below.pointer, below.stride, rows, weights.stride, units],
      );
      const mask = pass.masks[layer - 1] as MemoryMatrix;
      if (dropsOut) multiplyEach(mask.pointer, below.pointer, rows * below.stride);
      maskWhereZero(input.pointer, below.pointer, rows * below.stride);
    }
  }

  /** The product of two vectors of parameters, biases left out: what the l2 penalty looks at. */
  dotWeights(a: MemoryBlock, b: MemoryBlock): number {
    let sum = this.#memory.kernels.dotProduct(a.pointer, b.pointer, a.length);
    const first = this.#memory.floats(a);
    const second = this.#memory.floats(b);
    this.#forEachBias((bias) => sum -= Math.fround((first[bias] ?? 0) * (second[bias] ?? 0)));
    return sum;
  }

  /** Adds the gradient of the l2 penalty. */
  addPenaltyGradient(l2: number): void {
    const { parameters, gradient } = this;
    const { addScaled } = this.#memory.kernels;
    const gradients = this.#memory.floats(gradient);
    const biases: number[] = [];
    this.#forEachBias((bias) => biases.push(gradients[bias] ?? 0));
    addScaled(parameters.pointer, l2, gradient.pointer, 1, gradient.length);
    let at = 0;
    this.#forEachBias((bias) => gradients[bias] = biases[at++] ?? 0);
  }

  #forEachBias(visit: (index: number) => void): void {
    for (const { inputs, weights } of this.#layers) {
      const first = (weights.pointer - this.parameters.pointer) / 4;
      for (let unit = 0; unit < weights.rows; unit++) visit(first + unit * weights.stride + inputs);
    }
  }

  /** Draws the weights (He et al. 2015); the last layer and all biases stay at 0. */
  initialize(random: RandomSource): void {
    for (const { inputs, weights } of this.#layers.slice(0, -1)) {
      const values = this.#memory.floats(weights);
      // A uniform distribution of variance 2 / inputs.
      const limit = Math.sqrt(6 / inputs);
      for (let unit = 0; unit < weights.rows; unit++) {
        for (let input = 0; input < inputs; input++) {
          values[unit * weights.stride + input] = limit * (2 * random() - 1);
        }
      }
    }
  }

  /** Copies the parameters of a head of the same sizes into the memory. */
  setHead(head: DenseHead): void {
    this.#layers.forEach(({ inputs, units, weights }, layer) => {
      const { weights: source, bias } = head.layers[layer] as DenseLayer;
      const values = this.#memory.floats(weights);
      for (let unit = 0; unit < units; unit++) {
        const first = unit * weights.stride;
        for (let input = 0; input < inputs; input++) {
          values[first + input] = source[input * units + unit] as number;
        }
        values[first + inputs] = bias[unit] as number;
      }
    });
  }

  /** Copies the parameters out of the memory. */
  toHead(): DenseHead {
    const last = this.#layers.length - 1;
    return {
      layers: this.#layers.map(({ inputs, units, weights }, layer) => {
        const values = this.#memory.floats(weights);
        const transposed = new Float32Array(inputs * units);
        const bias = new Float32Array(units);
        for (let unit = 0; unit < units; unit++) {
          const first = unit * weights.stride;
          for (let input = 0; input < inputs; input++) {
            transposed[input * units + unit] = values[first + input] as number;
          }
          bias[unit] = values[first + inputs] as number;
        }
        const activation = layer === last ? "linear" : "relu";
        return { inputs, units, weights: transposed, bias, activation };
      }),
    };
  }
}
