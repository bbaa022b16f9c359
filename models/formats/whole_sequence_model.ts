import * as tf from "@tensorflow/tfjs-core";
import { model as createModel } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../lib/service_error.ts";
import type { LayersNetwork, LayerValue, Tensor, Tensor2D } from "../tensors.ts";
import type { OutputActivation } from "./graph.ts";
import { requireLayerSizes } from "./layer_sizes.ts";
import { VALUE_ELEMENTS_MAX } from "./model_limits.ts";
import {
  PIECE_STEPS_MAX,
  readHeadActivation,
  scoreFeatures,
  type SequenceModel,
  type SequenceRunOptions,
  TRIAL_STEPS,
} from "./sequence_model.ts";
import { refuse } from "./tfjs_files.ts";

/** Whether a network takes `[batch, steps, channels]`. */
export function readsSeries({ inputs }: LayersNetwork): boolean {
  return inputs.length === 1 && inputs[0]?.shape.length === 3;
}

/**
 * Makes a model of a network that reads a series as a whole: convolutions over time, bidirectional
 * layers, pooling. It has no state to go on from and no answer for single steps. Its end must be a
 * dense layer, whose softmax or sigmoid is taken off.
 *
 * @param whole takes `[batch, steps, channels]`, with any number of steps or a certain one
 * @param free frees the network
 * @throws {ServiceError} `model_unusable` if it has another form, or its channels are open
 */
export function createWholeSequenceModel(whole: LayersNetwork, free: () => void): SequenceModel {
  const [, stepsWanted, channels] = whole.inputs[0]?.shape ?? [];
  if (!channels) throw refuse("its input must have a known number of channels");
  const stepsTried = stepsWanted ?? TRIAL_STEPS;
  if (stepsTried > PIECE_STEPS_MAX || stepsTried * channels > VALUE_ELEMENTS_MAX) {
    throw refuse(
      `its input must have at most ${PIECE_STEPS_MAX} steps and ${VALUE_ELEMENTS_MAX} elements: ` +
        `found [${stepsTried}, ${channels}]`,
    );
  }
  const { features, kernel, bias, outputActivation } = findHead(whole);
  const body = createModel({ inputs: whole.inputs, outputs: features });
  requireLayerSizes(body, [1, stepsTried, channels]);
  const stepsMin = stepsWanted ?? findFewestSteps(body, { channels, stepsMax: stepsTried });
  const readFeatures = (input: Tensor): Tensor2D => {
    const steps = requireSeries(input, { channels, stepsWanted });
    if (steps < stepsMin) {
      throw refuseSeries(`the network takes at least ${stepsMin} steps: found ${steps}`);
    }
    try {
      return tf.tidy(() => [body.predictOnBatch(input)].flat()[0] as Tensor2D);
    } catch (error) {
      // The memory of the backend may be broken then, which is no fault of the series.
      if (error instanceof WebAssembly.RuntimeError) throw error;
      throw refuseSeries(`the network cannot read ${steps} steps: ${describe(error)}`);
    }
  };
  const score = (features: Tensor2D) => scoreFeatures(features, { kernel, bias });
  const run = (input: Tensor, { state, everyStep = false }: SequenceRunOptions = {}) => {
    if (everyStep) throw refuseSeries("the network has no answer for single steps");
    if (state) throw refuseSeries(`the network reads it whole: at most ${PIECE_STEPS_MAX} steps`);
    return { features: readFeatures(input), state: tf.zeros([1, 0]) as Tensor2D };
  };
  const trial = tf.zeros([1, stepsTried, channels]);
  const [, featureLength = 0] = tf.tidy(() => readFeatures(trial)).shape;
  return {
    inputShape: [1, stepsWanted ?? -1, channels],
    outputActivation,
    classCount: kernel.shape[1],
    featureLength,
    stateLength: 0,
    run,
    score,
    predict(input) {
      const features = readFeatures(input);
      return { logits: score(features), features };
    },
    dispose: free,
  };
}

/** The smallest number of steps at which every window of the network fits into what it slides over. */
function findFewestSteps(
  body: LayersNetwork,
  { channels, stepsMax }: { channels: number; stepsMax: number },
): number {
  for (let steps = 1; steps < stepsMax; steps++) {
    try {
      requireLayerSizes(body, [1, steps, channels]);
      return steps;
    } catch {
      // Too few.
    }
  }
  return stepsMax;
}

/** The dense layer at the end, and what it reads. */
function findHead(whole: LayersNetwork): {
  features: LayerValue;
  kernel: Tensor2D;
  bias: Tensor | undefined;
  outputActivation: OutputActivation;
} {
  const [output] = whole.outputs;
  if (!output || whole.outputs.length > 1) {
    throw refuse(`it must have one output: found ${whole.outputs.length}`);
  }
  const last = output.sourceLayer;
  const isApart = last.getClassName() === "Activation" || last.getClassName() === "Softmax";
  const dense = isApart ? output.inputs[0]?.sourceLayer : last;
  const value = isApart ? output.inputs[0] : output;
  const [features] = value?.inputs ?? [];
  if (dense?.getClassName() !== "Dense" || features?.shape.length !== 2) {
    throw refuse(
      `its last layer must be Dense, over one vector for the whole series: ` +
        `found ${dense?.getClassName() ?? last.getClassName()}`,
    );
  }
  const [kernel, bias] = dense.getWeights();
  const inner = String(dense.getConfig().activation);
  const outer = last.getClassName() === "Softmax" ? "softmax" : String(last.getConfig().activation);
  if (isApart && inner !== "linear") throw refuse(`its Dense layer has two activations: ${inner}`);
  return {
    features,
    kernel: kernel as Tensor2D,
    bias,
    outputActivation: readHeadActivation(isApart ? outer : inner),
  };
}

/** The number of steps. */
function requireSeries(
  { shape, dtype }: Tensor,
  { channels, stepsWanted }: { channels: number; stepsWanted: number | null | undefined },
): number {
  const [batch, steps, found] = shape;
  if (shape.length !== 3 || batch !== 1 || !steps || found !== channels || dtype !== "float32") {
    throw new TypeError(
      `Cannot run model as its input must be float32 of shape [1, steps, ${channels}]: ` +
        `found ${dtype} of shape [${shape.join(", ")}]`,
    );
  }
  if (stepsWanted && steps !== stepsWanted) {
    throw refuseSeries(`the network takes ${stepsWanted} steps: found ${steps}`);
  }
  return steps;
}

function refuseSeries(rule: string): ServiceError {
  return new ServiceError("invalid_value", `Cannot read the series as ${rule}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : String(error);
}
