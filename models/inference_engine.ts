import * as tf from "@tensorflow/tfjs-core";
import {
  createImageDecoders,
  type DecoderModules,
  type ImageDecoders,
} from "../lib/images/image_decoders.ts";
import { ServiceError } from "../lib/service_error.ts";
import { loadModel, type ModelFiles, type ModelFormat } from "./formats/load_model.ts";
import { type ImageInput, imageToTensor } from "./image_input.ts";
import {
  type InferenceAnswer,
  type InferenceRequest,
  runInferenceLine,
  type RunnableModel,
  type StageTimings,
} from "./inference_line.ts";
import { type BackendInfo, initWasmBackend } from "./wasm_backend.ts";

/** The compiled binaries that an engine runs on; all threads share them. */
export interface EngineModules {
  /** The backend of TensorFlow.js. */
  tfjs: WebAssembly.Module;
  /** The image decoders. */
  decoders: DecoderModules;
}

/** All that a thread needs to run a model. It can be posted to a worker. */
export interface ModelArtifact {
  /** With `version` the key of a loaded model. */
  name: string;
  /** Counts from 1. */
  version: number;
  /** How to read the files. */
  format: ModelFormat;
  /** Shared between threads where they are over a `SharedArrayBuffer`. */
  files: ModelFiles;
  /** How a picture becomes its input. */
  input: ImageInput;
}

/** What a model turned out to be once it was loaded. */
export interface LoadReport {
  /** Number of outputs. */
  classCount: number;
  /** Length of the input of the last dense layer. */
  featureLength: number;
  /** Milliseconds to read the weights and run one warm-up input. */
  loadMs: number;
}

/** One picture for one model. */
export interface InferenceTask extends InferenceRequest {
  /** Name of a loaded model. */
  model: string;
  /** Version of that model. */
  version: number;
}

/** The answer to one {@linkcode InferenceTask}. */
export interface InferenceResult {
  /** Scores or feature vector. */
  answer: InferenceAnswer;
  /** Milliseconds of each stage. */
  timings: StageTimings;
  /** What the engine held when the task was done. */
  memory: EngineMemory;
}

/** What an engine holds after a task. */
export interface EngineMemory {
  /** Tensors alive: constant between tasks once the models are warm. */
  tensors: number;
  /** Bytes in those tensors. */
  bytes: number;
}

/**
 * The models of one thread, over one WASM backend. The same class runs in every worker, and inline
 * where the runtime has no workers.
 */
export class InferenceEngine {
  readonly #models = new Map<string, RunnableModel>();

  readonly #decoders: ImageDecoders;

  private constructor(
    /** What the models run on. */
    readonly backend: BackendInfo,
    decoders: ImageDecoders,
  ) {
    this.#decoders = decoders;
  }

  /**
   * Starts the WASM backend of this thread.
   *
   * @throws {Error} if the backend does not start
   */
  static async start({ tfjs, decoders }: EngineModules): Promise<InferenceEngine> {
    return new InferenceEngine(await initWasmBackend(tfjs), createImageDecoders(decoders));
  }

  /**
   * Loads a model and runs it once, so that the first request does not pay for packing the weights.
   * A model of the same name and version that is loaded already stays as it is.
   *
   * @throws {ServiceError} if the files make no model that can run
   */
  async load(artifact: ModelArtifact): Promise<LoadReport> {
    const started = performance.now();
    const { format, files, input } = artifact;
    const key = modelKey(artifact);
    let runnable = this.#models.get(key);
    if (!runnable) {
      runnable = { model: await loadModel({ format, files }), input };
      try {
        requireInputShape(runnable);
        warm(runnable);
      } catch (error) {
        runnable.model.dispose();
        throw error;
      }
      this.#models.set(key, runnable);
    }
    const { classCount, featureLength } = runnable.model;
    return { classCount, featureLength, loadMs: performance.now() - started };
  }

  /** Frees a model; one that is not loaded is no error. */
  unload(model: { name: string; version: number }): void {
    const key = modelKey(model);
    this.#models.get(key)?.model.dispose();
    this.#models.delete(key);
  }

  /**
   * Runs one task.
   *
   * @throws {ServiceError} if the model is not loaded, or as `runInferenceLine` does
   */
  async run(task: InferenceTask): Promise<InferenceResult> {
    const runnable = this.#models.get(modelKey({ name: task.model, version: task.version }));
    if (!runnable) {
      throw new ServiceError(
        "model_not_found",
        `Cannot run model ${task.model} as it is not loaded`,
      );
    }
    const { answer, timings } = await runInferenceLine(
      { ...runnable, decoders: this.#decoders },
      task,
    );
    const { numTensors, numBytes } = tf.memory();
    return { answer, timings, memory: { tensors: numTensors, bytes: numBytes } };
  }
}

function modelKey({ name, version }: { name: string; version: number }): string {
  return `${name}@${version}`;
}

/**
 * Checks that the model takes the input that it was declared with.
 *
 * @throws {ServiceError} `model_unusable`
 */
function requireInputShape({ model, input }: RunnableModel): void {
  const declared = [1, input.height, input.width, input.channels].join(", ");
  const found = model.inputShape.join(", ");
  if (found !== declared) {
    throw new ServiceError(
      "model_unusable",
      `Cannot use model as its input must have shape [${declared}]: current shape is [${found}]`,
    );
  }
}

/** Runs a grey picture through the model: XNNPACK packs its weights on their first use. */
function warm({ model, input }: RunnableModel): void {
  const { width, height } = input;
  const data = new Uint8ClampedArray(width * height * 4).fill(127);
  tf.tidy(() => void model.predict(imageToTensor({ width, height, data }, input)));
}
