import { createRandom } from "../../../lib/random.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import type { ModelFiles } from "../../formats/loaded_model.ts";
import { decodeHead } from "../../heads/head_bytes.ts";
import {
  initializeLogits,
  initializeNetwork,
  type LayerPlan,
} from "../../networks/initialize_network.ts";
import type { LayeredNetwork, NetworkDenseLayer } from "../../networks/layered_network.ts";
import { readLayeredNetwork } from "../../networks/read_layered_network.ts";
import type { LayerOptions } from "./all_layers_options.ts";

/** A model that is trained further. It can be posted to a worker. */
export interface NetworkBase {
  /** Its layers model; empty for a model over vectors. */
  files: ModelFiles;
  /** What stands in place of its dense layers, as `encodeHead()` wrote it. */
  head?: Uint8Array | undefined;
  /** Its classes, in the order of its outputs. */
  labels: readonly string[];
}

/** What {@linkcode startNetwork} goes by. */
export interface StartNetworkOptions {
  /** Trained further; from scratch without. */
  base?: NetworkBase | undefined;
  /** Of a network from scratch. */
  layers?: readonly LayerOptions[] | undefined;
  /** What the samples are. */
  kind: "text" | "series" | "vector";
  /** Numbers of one step, or size of the vocabulary. */
  inputs: number;
  /** What is to be told apart. */
  classNames: readonly string[];
  /** Of the first weights. */
  seed: number;
}

/** What a text's characters become where nobody says. */
const EMBEDDING_DEFAULT: LayerOptions = { type: "embedding", outputDim: 32 };
const RECURRENT_TYPES: readonly LayerOptions["type"][] = ["simple_rnn", "lstm", "gru"];
const DENSE_TYPES: readonly LayerOptions["type"][] = ["dense"];

/**
 * The network that a training starts from: new, or that of a model. Of a model that tells other
 * classes apart the last layer is new.
 *
 * @throws {ServiceError} `invalid_value` if the layers cannot read the samples; `model_unusable` if
 *   the model has layers that cannot be trained
 */
export async function startNetwork(options: StartNetworkOptions): Promise<LayeredNetwork> {
  const { base, kind, inputs, classNames, seed } = options;
  // Another sequence than those that split and order the samples.
  const random = createRandom(seed ^ 0x1a7e5);
  if (!base) {
    const plans = planLayers(options.layers, kind);
    return initializeNetwork(plans, { inputs, classes: classNames.length, random });
  }
  const layers = await readBase(base);
  const last = layers.at(-1);
  if (!last) throw new TypeError("A network must have a layer");
  if (classNames.join("\n") === base.labels.join("\n")) return { layers };
  const ends = { inputs: (last as NetworkDenseLayer).inputs, classes: classNames.length };
  return { layers: [...layers.slice(0, -1), initializeLogits({ ...ends, random })] };
}

async function readBase({ files, head }: NetworkBase): Promise<LayeredNetwork["layers"]> {
  const network = files.size > 0 ? await readLayeredNetwork(files) : { layers: [] };
  if (!head) return network.layers;
  const own = decodeHead(head).layers.map((layer) => ({ kind: "dense" as const, ...layer }));
  if (network.layers.length > 0 && own.length > 1) {
    throw new ServiceError(
      "invalid_value",
      "Cannot train all layers of a recurrent model as its head must be one dense layer: it has " +
        own.length,
      { param: "model" },
    );
  }
  // A head takes what the last dense layer of its backbone takes.
  return [...network.layers.slice(0, -1), ...own];
}

/**
 * The layers of a network from scratch, defaults filled in.
 *
 * @throws {ServiceError} `invalid_value` if they cannot read samples of this kind
 */
export function planLayers(
  layers: readonly LayerOptions[] | undefined,
  kind: StartNetworkOptions["kind"],
): LayerPlan[] {
  const asked = layers ?? [{ type: kind === "vector" ? "dense" : "gru", units: 64 } as const];
  const hasEmbedding = asked[0]?.type === "embedding";
  const all = kind === "text" && !hasEmbedding ? [EMBEDDING_DEFAULT, ...asked] : asked;
  const types = kind === "vector" ? DENSE_TYPES : RECURRENT_TYPES;
  const body = kind === "text" ? all.slice(1) : all;
  if (!body.every(({ type }) => types.includes(type)) || (kind !== "vector" && body.length === 0)) {
    const rule = {
      text: "an embedding and at least one recurrent layer",
      series: "at least one recurrent layer",
      vector: "dense layers",
    };
    throw new ServiceError(
      "invalid_value",
      `Cannot train as layers over samples of the kind ${kind} must be ${rule[kind]}: found ` +
        `[${asked.map(({ type }) => type).join(", ")}]`,
      { param: "layers" },
    );
  }
  return all.map(toPlan);
}

function toPlan(layer: LayerOptions): LayerPlan {
  switch (layer.type) {
    case "embedding":
      return { kind: "embedding", units: layer.outputDim };
    case "simple_rnn":
      return { kind: "recurrent", cell: "SimpleRNN", units: layer.units };
    case "lstm":
      return { kind: "recurrent", cell: "LSTM", units: layer.units };
    case "gru": {
      const cell = layer.resetAfter ?? true ? "GRUResetAfter" : "GRU";
      return { kind: "recurrent", cell, units: layer.units };
    }
    case "dense":
      return { kind: "dense", units: layer.units, activation: layer.activation ?? "relu" };
  }
}
