import { decoderModules } from "../../lib/images/wasm_decoders.js";
import type { EngineModules } from "../../models/inference_engine.ts";
import type { BackboneArtifact, ModelArtifact } from "../../models/model_artifact.ts";
import type { ImageModelInput } from "../../models/model_description.ts";
import { loadRecurrentModule } from "../../models/kernels/recurrent_module.ts";
import { loadTfjsWasmModule } from "../../models/wasm_simd.ts";
import { buildTflite } from "./formats/tflite_builder.ts";
import { chain, dense, float32, mean, softmax } from "./formats/tflite_parts.ts";

/** Pictures become values in [0, 1]. */
export const TINY_INPUT: ImageModelInput = {
  kind: "image",
  height: 8,
  width: 8,
  channels: 3,
  scale: 1 / 255,
  offset: 0,
  fit: "stretch",
  cropFraction: 1,
};

/**
 * A network that says which of red, green and blue a picture has most of: the mean of each channel
 * times `gain`, then softmax. Its feature vector is the three means.
 */
export function makeTinyArtifact({ gain = 10, id = "tiny" } = {}): ModelArtifact {
  return { id, backbone: makeTinyBackbone(gain) };
}

function makeTinyBackbone(gain: number): BackboneArtifact {
  const kernel = Float32Array.of(gain, 0, 0, 0, gain, 0, 0, 0, gain);
  const file = buildTflite(chain([1, 8, 8, 3], [
    {
      name: "MEAN",
      shape: [1, 3],
      constants: [{ shape: [2], type: "int32", data: Int32Array.of(1, 2) }],
      options: mean(0),
    },
    {
      name: "FULLY_CONNECTED",
      shape: [1, 3],
      constants: [{ ...float32([3, 3], 0), data: kernel }],
      options: dense(),
    },
    { name: "SOFTMAX", shape: [1, 3], options: softmax },
  ]));
  return {
    hash: `tiny ${gain}`,
    role: "classifier",
    format: "tflite",
    files: new Map([["model.tflite", file]]),
    input: TINY_INPUT,
  };
}

/** The compiled binaries of the tests' engines. */
export async function loadEngineModules(): Promise<EngineModules> {
  return {
    tfjs: await loadTfjsWasmModule(),
    recurrent: await loadRecurrentModule(),
    decoders: decoderModules,
  };
}

/** A picture of the fixtures, in a buffer of its own. */
export function readFixture(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(`../fixtures/images/${name}`, import.meta.url));
}
