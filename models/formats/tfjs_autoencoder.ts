import type { CodeRange } from "../code_quantization.ts";
import type { LoadedModel, ModelFiles } from "./loaded_model.ts";
import { isRecord, readModelFile, refuse } from "./tfjs_files.ts";
import { loadTfjsGraphModel } from "./tfjs_graph_model.ts";

/** A network that makes a picture into a short code, and one that makes it back. */
export interface Autoencoder {
  /** Picture in, code out, as its logits. */
  encoder: LoadedModel;
  /** Code in, `[1, height * width * channels]` out, as its logits: near [0, 1], not clipped. */
  decoder: LoadedModel;
  /** Where a code lies, so that 8 bits can keep each of its numbers. */
  codeRange: CodeRange;
  /** Squared error per value over pictures like those of the training: its 0, 1, ..., 100 percentiles. */
  errorQuantiles: readonly number[];
  /** Frees every tensor of both networks. */
  dispose(): void;
}

/**
 * Loads two graph models, in the folders `encoder` and `decoder`; the decoder's
 * `userDefinedMetadata` holds `codeLow`, `codeHigh` and `errorQuantiles`.
 *
 * @throws {ServiceError} `unsupported_operator` or `model_unusable`
 */
export function loadTfjsAutoencoder(files: ModelFiles): Autoencoder {
  const decoderFiles = filesBelow("decoder/", files);
  const metadata = readModelFile(decoderFiles).userDefinedMetadata;
  const { codeLow, codeHigh, errorQuantiles } = isRecord(metadata) ? metadata : {};
  const encoder = loadTfjsGraphModel(filesBelow("encoder/", files));
  let decoder: LoadedModel | undefined;
  try {
    decoder = loadTfjsGraphModel(decoderFiles);
    const { classCount: codeLength } = encoder;
    if (decoder.inputShape.join() !== `1,${codeLength}`) {
      throw refuse(`its decoder must take ${codeLength} numbers: it takes ${decoder.inputShape}`);
    }
    const low = requireNumbers("codeLow", codeLow, codeLength);
    const high = requireNumbers("codeHigh", codeHigh, codeLength);
    if (!low.every((value, index) => value < (high[index] ?? NaN))) {
      throw refuse(`each number of "codeLow" must be below that of "codeHigh"`);
    }
    const quantiles = requireNumbers("errorQuantiles", errorQuantiles, 101);
    return createAutoencoder({
      encoder,
      decoder,
      codeRange: { low, high },
      errorQuantiles: quantiles,
    });
  } catch (error) {
    encoder.dispose();
    decoder?.dispose();
    throw error;
  }
}

function createAutoencoder(parts: Omit<Autoencoder, "dispose">): Autoencoder {
  return {
    ...parts,
    dispose() {
      parts.encoder.dispose();
      parts.decoder.dispose();
    },
  };
}

function filesBelow(folder: string, files: ModelFiles): Map<string, Uint8Array> {
  const inside = [...files].filter(([path]) => path.startsWith(folder));
  return new Map(inside.map(([path, bytes]) => [path.slice(folder.length), bytes]));
}

function requireNumbers(name: string, value: unknown, length: number): number[] {
  const isSound = Array.isArray(value) && value.length === length &&
    value.every((each) => typeof each === "number" && Number.isFinite(each));
  if (isSound) return value;
  throw refuse(`the decoder's metadata must have ${length} numbers "${name}"`);
}
