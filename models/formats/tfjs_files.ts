import { ServiceError } from "../../lib/service_error.ts";
import type { ModelSignature, WeightSpec } from "../tensors.ts";
import { sizeOf } from "./graph_shapes.ts";
import type { ModelFiles } from "./loaded_model.ts";
import { WEIGHT_ELEMENTS_MAX } from "./model_limits.ts";

/** The model's structure and weights, as both loaders of TensorFlow.js take them. */
export interface TfjsArtifacts {
  /** Layers or nodes; only its type is checked. */
  modelTopology: Record<string, unknown>;
  /** Name, shape and storage of each weight, in the order of the data. */
  weightSpecs: WeightSpec[];
  /** All shards, joined. */
  weightData: ArrayBuffer;
  /** The part of `model.json` that names inputs and outputs of a graph model. */
  signature: ModelSignature;
}

const MODEL_FILE = "model.json";
/** Bytes of one element as it is stored. */
const STORED_BYTES: Partial<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};
const DTYPES = ["float32", "int32", "bool"];
const QUANTIZED_DTYPES = ["uint8", "uint16", "float16"];
/**
 * Reads `model.json` and joins the shards that it lists, after a check that they are all there and
 * that together they have the bytes that the weights need.
 *
 * @throws {ServiceError} `model_unusable`, saying which file or weight is wrong
 */
export function readTfjsFiles(files: ModelFiles): TfjsArtifacts {
  const json = readModelFile(files);
  const { modelTopology, weightsManifest, signature } = json;
  if (!isRecord(modelTopology)) throw refuse(`${MODEL_FILE} has no object "modelTopology"`);
  if (!Array.isArray(weightsManifest)) throw refuse(`${MODEL_FILE} has no list "weightsManifest"`);
  const groups = weightsManifest.map((group) => readGroup(group, files));
  const weightSpecs = groups.flatMap((group) => group.specs);
  const elements = weightSpecs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (elements > WEIGHT_ELEMENTS_MAX) {
    throw refuse(`it must have at most ${WEIGHT_ELEMENTS_MAX} weights: found ${elements}`);
  }
  return {
    modelTopology,
    weightSpecs,
    weightData: joinShards(groups.flatMap((group) => group.shards)),
    signature: isRecord(signature) ? signature : undefined,
  };
}

/**
 * Reads `model.json`, whose fields are not checked.
 *
 * @throws {ServiceError} `model_unusable` if it is missing or no JSON object
 */
export function readModelFile(files: ModelFiles): Record<string, unknown> {
  const bytes = files.get(MODEL_FILE);
  if (bytes === undefined) throw refuse(`${MODEL_FILE} is missing`);
  try {
    // Copied, as a decoder may refuse shared memory.
    const json: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.slice()),
    );
    if (isRecord(json)) return json;
  } catch (error) {
    throw refuse(`${MODEL_FILE} is not JSON`, error);
  }
  throw refuse(`${MODEL_FILE} is not a JSON object`);
}

interface WeightGroup {
  specs: WeightSpec[];
  shards: Uint8Array[];
}

/** The weights of one group fill its shards exactly, one after the other. */
function readGroup(group: unknown, files: ModelFiles): WeightGroup {
  if (!isRecord(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
    throw refuse(`each group of "weightsManifest" must have the lists "paths" and "weights"`);
  }
  const specs = group.weights.map(readSpec);
  const shards = group.paths.map((path: unknown) => {
    const shard = files.get(String(path));
    if (shard === undefined) throw refuse(`weight file ${JSON.stringify(path)} is missing`);
    return shard;
  });
  const needed = specs.reduce((sum, spec) => sum + storedBytes(spec), 0);
  const found = shards.reduce((sum, shard) => sum + shard.length, 0);
  if (needed !== found) {
    throw refuse(
      `weight files ${group.paths.join(", ")} must have ${needed} bytes: found ${found}`,
    );
  }
  return { specs, shards };
}

function readSpec(spec: unknown): WeightSpec {
  if (!isRecord(spec) || typeof spec.name !== "string" || !isShape(spec.shape)) {
    throw refuse(`each weight must have a name and a shape`);
  }
  const { name, dtype, quantization } = spec;
  if (!DTYPES.includes(String(dtype))) {
    throw refuse(`weight ${name} must be ${DTYPES.join(", ")}: found ${dtype}`);
  }
  if (quantization !== undefined) requireQuantization(name, quantization);
  return spec as unknown as WeightSpec;
}

function requireQuantization(name: string, quantization: unknown): void {
  const { dtype, scale, min } = isRecord(quantization) ? quantization : {};
  if (!QUANTIZED_DTYPES.includes(String(dtype))) {
    throw refuse(`weight ${name} must be stored as ${QUANTIZED_DTYPES.join(", ")}: found ${dtype}`);
  }
  if (dtype !== "float16" && (typeof scale !== "number" || typeof min !== "number")) {
    throw refuse(`weight ${name} is quantised and must have a scale and a min`);
  }
}

function storedBytes({ shape, dtype, quantization }: WeightSpec): number {
  return sizeOf(shape) * (STORED_BYTES[quantization?.dtype ?? dtype] ?? NaN);
}

function joinShards(shards: Uint8Array[]): ArrayBuffer {
  const joined = new Uint8Array(shards.reduce((sum, shard) => sum + shard.length, 0));
  let offset = 0;
  for (const shard of shards) {
    joined.set(shard, offset);
    offset += shard.length;
  }
  return joined.buffer;
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isInteger(size) && size >= 0);
}

/** True for what JSON calls an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The error of a tfjs model that cannot be used; `rule` ends the sentence. */
export function refuse(rule: string, cause?: unknown): ServiceError {
  return new ServiceError("model_unusable", `Cannot use TensorFlow.js model as ${rule}`, { cause });
}
