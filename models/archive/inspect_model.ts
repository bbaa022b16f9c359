import * as tf from "@tensorflow/tfjs-core";
import type { OutputActivation } from "../formats/graph.ts";
import { loadModel } from "../formats/load_model.ts";
import type { LoadedModel } from "../formats/loaded_model.ts";
import { readTflite } from "../formats/tflite_reader.ts";
import type { ImageInputSize, ImagePreprocessing } from "../image_input.ts";
import { refuseModel } from "./archive_json.ts";
import { DEFAULT_PREPROCESSING, type ModelArchive } from "./model_archive.ts";

/** What a network turned out to be when it was tried. */
export interface ModelInspection {
  /** The picture that it takes. */
  inputSize: ImageInputSize;
  /** How a picture of any size becomes that, as far as the files tell. */
  preprocessing: ImagePreprocessing;
  /** Length of its output. */
  classCount: number;
  /** Length of the input of its last dense layer. */
  featureLength: number;
  /** What the network applies to its logits. */
  outputActivation: OutputActivation;
}

/**
 * Loads the network of an archive, runs it on a grey picture and frees it again, on the WASM
 * backend, which must be the active one.
 *
 * @throws {ServiceError} `unsupported_operator`, naming it; `model_unusable` if the network is
 * broken, takes no pictures, gives numbers that are not finite, or is another than its archive says
 */
export async function inspectModel(archive: ModelArchive): Promise<ModelInspection> {
  const model = await loadModel(archive);
  try {
    const inputSize = readInputSize(model.inputShape);
    requireDeclared(archive, inputSize);
    requireFiniteOutput(model);
    const { classCount, featureLength, outputActivation } = model;
    const preprocessing = archive.preprocessing ?? guessPreprocessing(archive);
    return { inputSize, preprocessing, classCount, featureLength, outputActivation };
  } finally {
    model.dispose();
  }
}

function readInputSize(shape: readonly number[]): ImageInputSize {
  const [, height = 0, width = 0, channels] = shape;
  if (shape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw refuseModel(
      `its input must be a picture, [1, height, width, 1 or 3]: found [${shape.join(", ")}]`,
    );
  }
  return { height, width, channels };
}

function requireDeclared(
  { declaredInput: { imageSize, grayscale } }: ModelArchive,
  { height, width, channels }: ImageInputSize,
): void {
  if (imageSize !== undefined && (imageSize !== height || imageSize !== width)) {
    throw refuseModel(
      `imageSize in metadata.json must be that of the network, ${width} x ${height}: ` +
        `found ${imageSize}`,
    );
  }
  if (grayscale !== undefined && grayscale !== (channels === 1)) {
    throw refuseModel(
      `grayscale in metadata.json must fit the network, which takes ${channels} channels: ` +
        `found ${grayscale}`,
    );
  }
}

function requireFiniteOutput(model: LoadedModel): void {
  tf.tidy(() => {
    // The WASM backend packs weights on the first run, so this is also what a worker would do.
    const { logits, features } = model.predict(tf.fill([...model.inputShape], 0.25));
    const values = [...logits.dataSync(), ...features.dataSync()];
    const found = values.find((value) => !Number.isFinite(value));
    if (found !== undefined) throw refuseModel(`its outputs must be finite: found ${found}`);
  });
}

/** A quantised TensorFlow Lite file tells which real values its pixels stand for. */
function guessPreprocessing({ format, files }: ModelArchive): ImagePreprocessing {
  const [bytes] = files.values();
  if (format !== "tflite" || bytes === undefined) return DEFAULT_PREPROCESSING;
  const { tensors, inputs } = readTflite(bytes);
  const input = tensors[inputs[0] ?? -1];
  const { scales: [scale = 0] = [], zeroPoints: [zeroPoint = 0] = [] } = input?.quantization ?? {};
  if (!(scale > 0)) return DEFAULT_PREPROCESSING;
  // A pixel x is stored as x in uint8 and as x - 128 in int8.
  const zeroPixel = input?.type === "int8" ? zeroPoint + 128 : zeroPoint;
  return { ...DEFAULT_PREPROCESSING, scale, offset: -scale * zeroPixel };
}
