import type { WeightSpec } from "../tensors.ts";
import type { NamedWeight } from "./keras_network.ts";

/** How weights can be stored. */
export const WEIGHT_STORAGES = ["float32", "float16", "uint8"] as const;
/** One of {@linkcode WEIGHT_STORAGES}. */
export type WeightStorage = (typeof WEIGHT_STORAGES)[number];

/** Weights as a manifest of TensorFlow.js lists them, and their bytes. */
export interface StoredWeights {
  /** In the order of the bytes. */
  specs: WeightSpec[];
  /** All of them, one after the other, little endian. */
  bytes: Uint8Array<ArrayBuffer>;
}

const UINT8_STEPS = 255;

/**
 * Stores weights as TensorFlow.js reads them. Asked for `uint8`, it stores so what has the most
 * values and bears it best: kernels of dense layers and of 1 x 1 convolutions; other kernels, whose
 * channels differ more, become float16; biases stay float32. There is one scale for each weight, so
 * networks that were not trained for that lose accuracy (docs/decisions.md has figures).
 */
export function storeWeights(
  weights: readonly NamedWeight[],
  storage: WeightStorage,
): StoredWeights {
  const stored = weights.map((weight) => storeWeight(weight, chooseStorage(weight, storage)));
  const bytes = new Uint8Array(stored.reduce((sum, each) => sum + each.bytes.length, 0));
  let offset = 0;
  for (const each of stored) {
    bytes.set(each.bytes, offset);
    offset += each.bytes.length;
  }
  return { specs: stored.map(({ spec }) => spec), bytes };
}

function chooseStorage({ shape }: NamedWeight, storage: WeightStorage): WeightStorage {
  if (storage === "float32" || shape.length < 2) return "float32";
  const isPointwise = shape.length === 2 || (shape[0] === 1 && shape[1] === 1);
  return storage === "uint8" && isPointwise ? "uint8" : "float16";
}

function storeWeight(
  { name, shape, values }: NamedWeight,
  storage: WeightStorage,
): { spec: WeightSpec; bytes: Uint8Array } {
  const spec: WeightSpec = { name, shape, dtype: "float32" };
  switch (storage) {
    case "float32":
      return { spec, bytes: viewBytes(values) };
    case "float16":
      return {
        spec: { ...spec, quantization: { dtype: "float16" } },
        bytes: viewBytes(new Float16Array(values)),
      };
    case "uint8": {
      // Zero stays exact, as padding and pruned weights need it.
      let [low, high] = [0, 0];
      for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
      const scale = (high - low) / UINT8_STEPS || 1;
      const zeroStep = Math.round(-low / scale);
      const steps = new Uint8ClampedArray(values.length);
      for (const [index, value] of values.entries()) steps[index] = value / scale + zeroStep;
      const quantization = { dtype: "uint8", scale, min: -zeroStep * scale } as const;
      return { spec: { ...spec, quantization }, bytes: viewBytes(steps) };
    }
  }
}

function viewBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
