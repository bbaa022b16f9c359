import * as tf from "@tensorflow/tfjs-core";
import {
  layers,
  type LayersModel,
  loadLayersModel,
  model as createModel,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import type { Tensor, Tensor2D, Tensor3D } from "../tensors.ts";
import type { OutputActivation } from "./graph.ts";
import type { LoadedModel, ModelFiles } from "./loaded_model.ts";
import { readTfjsFiles, refuse } from "./tfjs_files.ts";
import { toServiceError } from "./tfjs_model.ts";
import { disposeVariables, variableNames } from "./tfjs_variables.ts";

/** What a recurrent network gives for a piece of a sequence. The caller owns all tensors. */
export interface SequenceOutput {
  /** `[1, classCount]` float32: the output after the last step, before its activation. */
  logits: Tensor2D;
  /** `[1, featureLength]` float32: the hidden state that the last output was read from. */
  features: Tensor2D;
  /** `[1, steps, classCount]` float32: the same as `logits` after every step. */
  stepLogits: Tensor3D | undefined;
  /** `[1, stateLength]` float32: what the next piece starts from. */
  state: Tensor2D | undefined;
}

/** A recurrent network; as a `LoadedModel` it starts from a state of zeros. */
export interface SequenceModel extends LoadedModel {
  /** Length of the state that goes in and out; 0 where the network takes none. */
  readonly stateLength: number;
  /**
   * Runs one sequence, or a piece of one.
   *
   * @param input `[1, steps]` int32 tokens or `[1, steps, channels]` float32; the caller keeps it
   * @param state `[1, stateLength]` float32, kept by the caller; zeros where it is left out
   * @throws {TypeError} if the input has another rank or type, or no step
   */
  run(input: Tensor, state?: Tensor2D): SequenceOutput;
}

/** The places of a network that answers are read from. */
interface SequenceNetwork {
  network: LayersModel;
  /** Position of each output; absent ones are -1. */
  places: Record<"logits" | "features" | "stepLogits" | "state", number>;
  outputActivation: OutputActivation;
}

/** Layers whose output is a hidden state. */
const RECURRENT = ["SimpleRNN", "GRU", "LSTM"];

/**
 * Loads a layers model over a sequence: one input of tokens or of channels, a recurrent layer, and a
 * dense layer over its last state; a second input and output of rank 2 is the state, and an output of
 * rank 3 the dense layer after every step. A softmax or sigmoid at the end is taken off.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `unsupported_operator`, naming the layer, or `model_unusable`
 */
export async function loadTfjsSequenceModel(files: ModelFiles): Promise<SequenceModel> {
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  const known = new Set(variableNames());
  tf.engine().startScope();
  try {
    const artifacts = { modelTopology, weightSpecs, weightData };
    const whole = await loadLayersModel({ load: () => Promise.resolve(artifacts) });
    const found = takeApart(whole);
    const created = variableNames().filter((name) => !known.has(name));
    return createSequenceModel(whole, found, () => disposeVariables(created));
  } catch (error) {
    disposeVariables(variableNames().filter((name) => !known.has(name)));
    throw toServiceError(error);
  } finally {
    tf.engine().endScope();
  }
}

function takeApart(whole: LayersModel): SequenceNetwork {
  const isDense = ({ sourceLayer }: SymbolicTensor) => sourceLayer.getClassName() === "Dense";
  const isState = ({ sourceLayer }: SymbolicTensor) =>
    RECURRENT.includes(sourceLayer.getClassName());
  const { outputs } = whole;
  const last = outputs.find((output) => isDense(output) && output.shape.length === 2);
  const every = outputs.find((output) => isDense(output) && output.shape.length === 3);
  const states = outputs.filter(isState);
  const features = last?.inputs[0];
  if (!last || !features || states.length > 1 || whole.inputs.length > 2) {
    throw refuse(
      "it must have a dense layer over the last state of a recurrent layer, and at most one state: " +
        `found ${whole.inputs.length} inputs, ${outputs.length} outputs, ${states.length} states`,
    );
  }
  const { outputActivation, open } = openDense(last);
  const parts = {
    logits: open(last),
    features,
    stepLogits: every?.sourceLayer === last.sourceLayer ? open(every) : undefined,
    state: states[0],
  };
  // The state may be the feature vector itself: a network has each output once.
  const unique = [...new Set(Object.values(parts).filter((part) => part !== undefined))];
  const network = createModel({ inputs: whole.inputs, outputs: unique });
  const place = (part: SymbolicTensor | undefined) => part ? unique.indexOf(part) : -1;
  const places = {
    logits: place(parts.logits),
    features: place(parts.features),
    stepLogits: place(parts.stepLogits),
    state: place(parts.state),
  };
  return { network, places, outputActivation };
}

/** Takes the activation off a dense layer, wherever it is called; the copy shares no weights. */
function openDense(
  { sourceLayer: dense }: SymbolicTensor,
): { outputActivation: OutputActivation; open(output: SymbolicTensor): SymbolicTensor } {
  const { activation, units, useBias } = dense.getConfig();
  if (activation === "linear") return { outputActivation: "linear", open: (output) => output };
  if (activation !== "softmax" && activation !== "sigmoid") {
    throw refuse(`its last layer must end in softmax, sigmoid or nothing: found ${activation}`);
  }
  const linear = layers.dense({
    name: `${dense.name}_logits`,
    units: units as number,
    useBias: useBias as boolean,
  });
  return {
    outputActivation: activation,
    open(output) {
      const isNew = !linear.built;
      const logits = linear.apply(output.inputs) as SymbolicTensor;
      if (isNew) linear.setWeights(dense.getWeights());
      return logits;
    },
  };
}

function createSequenceModel(
  whole: LayersModel,
  { network, places, outputActivation }: SequenceNetwork,
  free: () => void,
): SequenceModel {
  const shapes = whole.inputs.map(({ shape }) => shape);
  const inputShape = [1, -1, ...(shapes[0]?.slice(2) ?? [])] as number[];
  const dtype = whole.inputs[0]?.dtype ?? "float32";
  const stateLength = shapes[1]?.[1] ?? 0;
  const run = (input: Tensor, state?: Tensor2D): SequenceOutput => {
    requireSequence(input, { inputShape, dtype });
    return tf.tidy(() => {
      const start = stateLength > 0 ? [state ?? tf.zeros([1, stateLength])] : [];
      const values = [network.predictOnBatch([input, ...start])].flat();
      const pick = (name: keyof typeof places) => values[places[name]];
      return {
        logits: pick("logits") as Tensor2D,
        features: tf.clone(pick("features") as Tensor2D),
        stepLogits: pick("stepLogits") as Tensor3D | undefined,
        state: pick("state") as Tensor2D | undefined,
      };
    });
  };
  const lengthOf = (name: "logits" | "features") => {
    return network.outputs[places[name]]?.shape.at(-1) ?? 0;
  };
  return {
    inputShape,
    outputActivation,
    classCount: lengthOf("logits"),
    featureLength: lengthOf("features"),
    stateLength,
    run,
    predict(input) {
      const { logits, features, stepLogits, state } = run(input);
      stepLogits?.dispose();
      state?.dispose();
      return { logits, features };
    },
    dispose: free,
  };
}

function requireSequence(
  input: Tensor,
  { inputShape, dtype }: { inputShape: readonly number[]; dtype: string },
): void {
  const [, , channels] = inputShape;
  const sound = input.rank === inputShape.length && input.shape[0] === 1 &&
    (input.shape[1] ?? 0) >= 1 && input.shape[2] === channels;
  if (!sound || input.dtype !== dtype) {
    throw new TypeError(
      `Cannot run model as its input must be ${dtype} of shape [1, steps${
        channels === undefined ? "" : `, ${channels}`
      }]: found ${input.dtype} of shape [${input.shape.join(", ")}]`,
    );
  }
}
