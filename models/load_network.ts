import * as tf from "@tensorflow/tfjs-core";
import { ServiceError } from "../lib/service_error.ts";
import { createIdentityModel } from "./formats/identity_model.ts";
import { loadModel, loadSequenceModel } from "./formats/load_model.ts";
import type { LoadedModel } from "./formats/loaded_model.ts";
import { TRIAL_STEPS } from "./formats/sequence_model.ts";
import type { Autoencoder } from "./formats/tfjs_autoencoder.ts";
import type { ClassDirections } from "./heads/score_unknown.ts";
import type { StepRunner } from "./kernels/step_runner.ts";
import { imageToTensor } from "./image_input.ts";
import type { BackboneArtifact } from "./model_artifact.ts";
import type { ImageModelInput, ModelInput } from "./model_description.ts";
import { seriesToTensor, tokensToTensor, vectorToTensor } from "./sequence_tensors.ts";
import type { Tensor } from "./tensors.ts";

/** A network on the WASM backend of its thread, warm. */
export type Network = Classifier | Generator | ImageAutoencoder;

/** A network that gives scores and features. */
export interface Classifier {
  /** Tells the networks apart. */
  role: "classifier";
  /** What runs; whoever has the network disposes of it. */
  model: LoadedModel;
  /** How a client's input becomes the tensor of the model. */
  input: ModelInput;
  /** What tells inputs that belong to none of the classes of its head, where there is one. */
  classes?: ClassDirections | undefined;
}

/** A network that writes text. */
export interface Generator {
  /** Tells the networks apart. */
  role: "generator";
  /** What runs; whoever has the network disposes of it. */
  model: StepRunner;
}

/** A pair of networks over pictures. */
export interface ImageAutoencoder {
  /** Tells the networks apart. */
  role: "autoencoder";
  /** What runs; whoever has the network disposes of it. */
  model: Autoencoder;
  /** How a picture becomes the tensor of the encoder, and the decoder's tensor a picture. */
  input: ImageModelInput;
}

/**
 * Loads a backbone onto the WASM backend, which must be the active one, and runs it once, so that the
 * first request does not pay for packing the weights.
 *
 * @returns a network that the caller disposes
 * @throws {ServiceError} if the files make no model that can run, or none that takes its input
 */
export async function loadNetwork(backbone: BackboneArtifact): Promise<Network> {
  switch (backbone.role) {
    case "classifier":
      return await loadClassifier(backbone);
    case "generator":
      return await loadGenerator(backbone);
    case "autoencoder":
      return await loadAutoencoder(backbone);
  }
}

/** Frees every tensor of a network, which cannot run afterwards. */
export function disposeNetwork({ model }: Network): void {
  model.dispose();
}

async function loadClassifier(backbone: BackboneArtifact): Promise<Classifier> {
  const { input } = backbone;
  const model = await readModel(backbone);
  try {
    requireInputShape(model, input);
    tf.tidy(() => void model.predict(makeWarmUp(input, model)));
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { role: "classifier", model, input };
}

async function loadGenerator({ files, input }: BackboneArtifact): Promise<Generator> {
  const { loadTfjsGenerator } = await import("./formats/tfjs_generator.ts");
  const model = await loadTfjsGenerator(files);
  try {
    const vocabulary = input.kind === "text" ? [...input.vocabulary].length : undefined;
    const { vocabularyLength, classCount } = model;
    if (vocabularyLength !== vocabulary || classCount !== vocabulary) {
      throw new ServiceError(
        "model_unusable",
        `Cannot use model as it must have one token for each of ${vocabulary} characters: ` +
          `found ${vocabularyLength} that it reads and ${classCount} that it writes`,
      );
    }
    model.step([0], new Float32Array(model.stateRows * model.units));
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { role: "generator", model };
}

async function loadAutoencoder({ files, input }: BackboneArtifact): Promise<ImageAutoencoder> {
  if (input.kind !== "image") {
    throw new TypeError(`An autoencoder must look at pictures: it reads ${input.kind}`);
  }
  const model = (await import("./formats/tfjs_autoencoder.ts")).loadTfjsAutoencoder(files);
  try {
    requireInputShape(model.encoder, input);
    const [values, found] = [input.height * input.width * input.channels, model.decoder.classCount];
    if (found !== values) {
      throw new ServiceError(
        "model_unusable",
        `Cannot use model as its decoder must give ${values} values: it gives ${found}`,
      );
    }
    tf.tidy(() =>
      void model.decoder.predict(model.encoder.predict(makeWarmUp(input, model.encoder)).logits)
    );
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { role: "autoencoder", model, input };
}

async function readModel({ format, files, input }: BackboneArtifact): Promise<LoadedModel> {
  if (format === "identity") return createIdentityModel(input.kind === "vector" ? input.length : 0);
  if (input.kind === "image") return await loadModel({ format, files });
  return await loadSequenceModel({ format, files });
}

/**
 * Checks that the model takes the input that it was declared with.
 *
 * @throws {ServiceError} `model_unusable`
 */
export function requireInputShape(
  { inputShape }: Pick<LoadedModel, "inputShape">,
  input: ModelInput,
): void {
  const declared = declareShape(input);
  const fits = inputShape.length === declared.length &&
    declared.every((size, axis) => size === ANY_SIZE || size === inputShape[axis]);
  if (fits) return;
  throw new ServiceError(
    "model_unusable",
    `Cannot use model as its input must have shape [${declared.join(", ")}]: ` +
      `current shape is [${inputShape.join(", ")}]`,
  );
}

/** Of an axis. */
const ANY_SIZE = -1;

function declareShape(input: ModelInput): number[] {
  switch (input.kind) {
    case "image":
      return [1, input.height, input.width, input.channels];
    case "text":
      return [1, ANY_SIZE];
    case "series":
      return [1, ANY_SIZE, input.channels];
    case "vector":
      return [1, input.length];
  }
}

/** A grey picture, one character, or zeros. */
function makeWarmUp(input: ModelInput, { inputShape }: Pick<LoadedModel, "inputShape">): Tensor {
  switch (input.kind) {
    case "image": {
      const { width, height } = input;
      const data = new Uint8ClampedArray(width * height * 4).fill(127);
      return imageToTensor({ width, height, data }, input);
    }
    case "text":
      return tokensToTensor(new Int32Array(1));
    case "series": {
      const [, steps = ANY_SIZE] = inputShape;
      const count = steps === ANY_SIZE ? TRIAL_STEPS : steps;
      return seriesToTensor(new Float32Array(count * input.channels), input);
    }
    case "vector":
      return vectorToTensor(new Float32Array(input.length));
  }
}
