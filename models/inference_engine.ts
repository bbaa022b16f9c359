import * as tf from "@tensorflow/tfjs-core";
import {
  createImageDecoders,
  type DecoderModules,
  type ImageDecoders,
} from "../lib/images/image_decoders.ts";
import { ServiceError } from "../lib/service_error.ts";
import { isAutoencoderQuery, runAutoencoderLine } from "./autoencoder_line.ts";
import { runGenerationLine } from "./generation_line.ts";
import { isSequenceModel } from "./formats/sequence_model.ts";
import { attachHead } from "./heads/attach_head.ts";
import { decodeDetector } from "./heads/detector_bytes.ts";
import { decodeHead } from "./heads/head_bytes.ts";
import { runInferenceLine, type ScoreRequest } from "./inference_line.ts";
import { runSequenceLine } from "./sequence_line.ts";
import type { InferenceResult, InferenceTask } from "./inference_task.ts";
import { disposeNetwork, loadNetwork, type Network } from "./load_network.ts";
import type { BackboneArtifact, ModelArtifact } from "./model_artifact.ts";
import { registerDepthToSpace } from "./kernels/depth_to_space.ts";
import { registerRecurrentKernels } from "./kernels/recurrent_kernels.ts";
import { type BackendInfo, initWasmBackend } from "./wasm_backend.ts";

/** The compiled binaries that an engine runs on; all threads share them. */
export interface EngineModules {
  /** The backend of TensorFlow.js. */
  tfjs: WebAssembly.Module;
  /** The recurrent kernels. */
  recurrent: WebAssembly.Module;
  /** The image decoders. */
  decoders: DecoderModules;
}

/** What a model turned out to be once it was loaded. */
export interface LoadReport {
  /** Number of outputs. */
  classCount: number;
  /** Length of the input of the last dense layer. */
  featureLength: number;
  /** Length of the state that a recurrent network takes and gives; 0 where there is none. */
  stateLength: number;
  /** Milliseconds to read the weights and run one warm-up input. */
  loadMs: number;
}

/** A network and the number of models that stand on it. */
interface SharedNetwork {
  network: Network;
  models: number;
}

/** A model as it is called by its id. */
interface StandingModel {
  /** Hash of the backbone. */
  hash: string;
  /** The shared one, or one with another head on it. */
  network: Network;
}

/**
 * The models of one thread, over one WASM backend. The same class runs in every worker, and inline
 * where the runtime has no workers. Its calls must come one after the other.
 */
export class InferenceEngine {
  readonly #networks = new Map<string, SharedNetwork>();
  /** By the id of the model. */
  readonly #models = new Map<string, StandingModel>();
  readonly #decoders: ImageDecoders;
  readonly #png: WebAssembly.Module;

  private constructor(
    /** What the models run on. */
    readonly backend: BackendInfo,
    modules: DecoderModules,
  ) {
    this.#decoders = createImageDecoders(modules);
    this.#png = modules.png;
  }

  /**
   * Starts the WASM backend of this thread.
   *
   * @throws {Error} if the backend does not start
   */
  static async start({ tfjs, recurrent, decoders }: EngineModules): Promise<InferenceEngine> {
    const backend = await initWasmBackend(tfjs);
    registerRecurrentKernels(recurrent);
    registerDepthToSpace();
    return new InferenceEngine(backend, decoders);
  }

  /**
   * Loads a model; its backbone is loaded only if no other model has brought it. A model whose id is
   * loaded already stays as it is.
   *
   * @throws {ServiceError} if the files make no model that can run, or the head does not fit
   */
  async load(artifact: ModelArtifact): Promise<LoadReport> {
    const started = performance.now();
    const { id, backbone } = artifact;
    const { hash } = backbone;
    const shared = await this.#share(backbone);
    try {
      const network = this.#models.get(id)?.network ?? standOn(shared.network, artifact);
      if (!this.#models.has(id)) shared.models++;
      this.#models.set(id, { hash, network });
      return { ...measure(network), loadMs: performance.now() - started };
    } finally {
      this.#freeUnused(hash);
    }
  }

  /** Frees a model, and its backbone with the last model on it; one that is not loaded is no error. */
  unload({ id }: { id: string }): void {
    const standing = this.#models.get(id);
    const shared = this.#networks.get(standing?.hash ?? "");
    if (!standing || !shared) return;
    this.#models.delete(id);
    if (standing.network !== shared.network) disposeNetwork(standing.network);
    shared.models--;
    this.#freeUnused(standing.hash);
  }

  /**
   * Runs one task.
   *
   * @throws {ServiceError} if the model is not loaded, or as the line does
   */
  async run(task: InferenceTask): Promise<InferenceResult> {
    const standing = this.#models.get(task.model);
    if (!standing) {
      throw new ServiceError(
        "model_not_found",
        `Cannot run model ${task.model} as it is not loaded`,
      );
    }
    const { answer, timings } = await this.#runLine(standing.network, task);
    const { numTensors, numBytes } = tf.memory();
    return { answer, timings, memory: { tensors: numTensors, bytes: numBytes } };
  }

  async #runLine(
    network: Network,
    task: InferenceTask,
  ): Promise<Pick<InferenceResult, "answer" | "timings">> {
    const { input, query, pixelsMax } = task;
    if (network.role === "generator" && query.verb === "generate" && input.kind === "texts") {
      return runGenerationLine(network.model, input.texts);
    }
    const decoders = this.#decoders;
    if (network.role === "classifier" && isScoreQuery(query)) {
      const { model } = network;
      if (isSequenceModel(model)) return runSequenceLine({ ...network, model }, { input, query });
      return await runInferenceLine({ ...network, decoders }, { input, query, pixelsMax });
    }
    if (network.role === "autoencoder" && isAutoencoderQuery(query)) {
      const station = { ...network, decoders, png: this.#png };
      return await runAutoencoderLine(station, { input, query, pixelsMax });
    }
    throw new TypeError(`Cannot ${query.verb} with model ${task.model}: it is a ${network.role}`);
  }

  async #share(backbone: BackboneArtifact): Promise<SharedNetwork> {
    const known = this.#networks.get(backbone.hash);
    if (known) return known;
    const shared = { network: await loadNetwork(backbone), models: 0 };
    this.#networks.set(backbone.hash, shared);
    return shared;
  }

  #freeUnused(hash: string): void {
    const shared = this.#networks.get(hash);
    if (!shared || shared.models > 0) return;
    disposeNetwork(shared.network);
    this.#networks.delete(hash);
  }
}

function isScoreQuery(query: InferenceTask["query"]): query is ScoreRequest["query"] {
  return query.verb === "classify" || query.verb === "predict" || query.verb === "embed";
}

/** The network itself, or one of its backbone and another head, which shares its tensors. */
function standOn(network: Network, { head, detector }: ModelArtifact): Network {
  if (!head) return network;
  if (network.role !== "classifier") {
    throw new ServiceError("model_unusable", `Cannot attach a head to a ${network.role}`);
  }
  const { featureLength } = network.model;
  const classes = detector && decodeDetector(detector);
  if (classes && classes.mean.length !== featureLength) {
    throw new ServiceError(
      "model_unusable",
      `Cannot attach a detector as it must take the backbone's ${featureLength} features: ` +
        `found ${classes.mean.length}`,
    );
  }
  return { ...network, model: attachHead(network.model, decodeHead(head)), classes };
}

/** Lengths of what the network gives. */
function measure(network: Network): Omit<LoadReport, "loadMs"> {
  switch (network.role) {
    case "classifier": {
      const { classCount, featureLength } = network.model;
      const stateLength = isSequenceModel(network.model) ? network.model.stateLength : 0;
      return { classCount, featureLength, stateLength };
    }
    case "generator": {
      const { classCount, units, stateRows } = network.model;
      return { classCount, featureLength: units, stateLength: units * stateRows };
    }
    case "autoencoder": {
      const { encoder, decoder } = network.model;
      return { classCount: decoder.classCount, featureLength: encoder.classCount, stateLength: 0 };
    }
  }
}
