/** Makes small models of TensorFlow.js in memory: files by their path, as `loadModel()` takes them. */
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** One weight of a fixture; stored as `stored` says, as float32 where nothing is said. */
export interface WeightFixture {
  name: string;
  shape: number[];
  values: number[];
  stored?: "uint8" | "uint16" | "float16" | "int32";
}

interface StoredWeight {
  entry: tf.io.WeightsManifestEntry;
  bytes: Uint8Array;
}

type Files = Map<string, Uint8Array>;

/** `model.json` and its weights, cut into `shards` files of about the same length. */
export function createFiles(
  json: Record<string, unknown>,
  { weights, shards = 1 }: { weights: WeightFixture[]; shards?: number },
): Files {
  const stored = weights.map(storeWeight);
  const bytes = new Uint8Array(stored.flatMap((each) => [...each.bytes]));
  const size = Math.ceil(bytes.length / shards);
  const files: Files = new Map();
  for (let i = 0; i < shards; i++) {
    files.set(`group1-shard${i + 1}of${shards}.bin`, bytes.slice(i * size, (i + 1) * size));
  }
  const weightsManifest = [{ paths: [...files.keys()], weights: stored.map(({ entry }) => entry) }];
  return files.set("model.json", encodeJson({ ...json, weightsManifest }));
}

/** The same files with another `model.json`. */
export function editModelFile(files: Files, edit: (json: ModelJson) => void): Files {
  const json = JSON.parse(new TextDecoder().decode(files.get("model.json")));
  edit(json);
  return new Map(files).set("model.json", encodeJson(json));
}

// deno-lint-ignore no-explicit-any -- tests break single fields of the file
export type ModelJson = Record<string, any>;

function encodeJson(json: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json));
}

function storeWeight({ name, shape, values, stored }: WeightFixture): StoredWeight {
  const entry: tf.io.WeightsManifestEntry = { name, shape, dtype: "float32" };
  if (stored === undefined) return { entry, bytes: toBytes(new Float32Array(values)) };
  if (stored === "int32") {
    return { entry: { ...entry, dtype: "int32" }, bytes: toBytes(Int32Array.from(values)) };
  }
  if (stored === "float16") {
    return {
      entry: { ...entry, quantization: { dtype: stored } },
      bytes: toBytes(toFloat16(values)),
    };
  }
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const scale = (max - min) / (stored === "uint8" ? 255 : 65535);
  const steps = values.map((value) => Math.round((value - min) / scale));
  const bytes = stored === "uint8" ? new Uint8Array(steps) : toBytes(new Uint16Array(steps));
  return { entry: { ...entry, quantization: { dtype: stored, scale, min } }, bytes };
}

function toBytes(values: Float32Array | Int32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Rounds towards zero; enough for weights between 2^-14 and 65504. */
function toFloat16(values: number[]): Uint16Array {
  return Uint16Array.from(values, (value) => {
    if (value === 0) return 0;
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = Math.floor((Math.abs(value) / 2 ** exponent - 1) * 1024);
    return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
  });
}

/** What a layers model saves, as files. */
export async function saveLayersModel(model: LayersModel, shards = 1): Promise<Files> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(tf.io.withSaveHandler((saved) => {
    artifacts = saved;
    const modelArtifactsInfo = { dateSaved: new Date(0), modelTopologyType: "JSON" as const };
    return Promise.resolve({ modelArtifactsInfo });
  }));
  const data = new Float32Array(
    tf.io.concatenateArrayBuffers([artifacts.weightData].flat() as ArrayBuffer[]),
  );
  let offset = 0;
  const weights = (artifacts.weightSpecs ?? []).map(({ name, shape }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Array.from(data.subarray(offset, offset += length));
    return { name, shape, values };
  });
  return createFiles({ modelTopology: artifacts.modelTopology }, { weights, shards });
}

/** A node of a graph model: attributes as the converter writes them. */
export function node(name: string, op: string, rest: ModelJson = {}): ModelJson {
  return { name, op, input: [], attr: {}, ...rest };
}

const FLOAT = { type: "DT_FLOAT" };

/** A placeholder for images of 2 x 2 x 3. */
export function placeholder(name: string, sizes: number[] = [-1, 2, 2, 3]): ModelJson {
  const shape = { shape: { dim: sizes.map((size) => ({ size: String(size) })) } };
  return node(name, "Placeholder", { attr: { shape, dtype: FLOAT } });
}

/** A constant whose values stand in the manifest under the same name. */
export function constant(name: string): ModelJson {
  return node(name, "Const", { attr: { dtype: FLOAT } });
}

/** Text attributes are stored in base64. */
export function text(value: string): ModelJson {
  return { s: btoa(value) };
}

/** `model.json` without weights of a graph model. */
export function graphJson(nodes: ModelJson[]): ModelJson {
  return {
    format: "graph-model",
    modelTopology: { node: nodes, library: {}, versions: { producer: 1, minConsumer: 1 } },
  };
}
