import * as tf from "@tensorflow/tfjs-core";
import type { OutputActivation } from "../formats/graph.ts";
import { loadModel, loadSequenceModel } from "../formats/load_model.ts";
import type { LoadedModel } from "../formats/loaded_model.ts";
import { TRIAL_STEPS } from "../formats/sequence_model.ts";
import { readTflite } from "../formats/tflite_reader.ts";
import type { ImageInputSize, ImagePreprocessing } from "../image_input.ts";
import type { ImageModelInput, SeriesModelInput } from "../model_description.ts";
import { SERIES_STEPS_MAX } from "../series_input.ts";
import { refuseModel } from "./archive_json.ts";
import { DEFAULT_PREPROCESSING, type ModelArchive } from "./model_archive.ts";

const INPUT_RULE =
  "its input must be a picture, [1, height, width, 1 or 3], or a series, [1, steps, channels]; " +
  "texts and vectors cannot be imported";

/** What a network turned out to be when it was tried. */
export interface ModelInspection {
  /** What goes in, and for a picture how it becomes that, as far as the files tell. */
  input: ImageModelInput | SeriesModelInput;
  /** Length of its output. */
  classCount: number;
  /** Length of the input of its last dense layer. */
  featureLength: number;
  /** What the network applies to its logits. */
  outputActivation: OutputActivation;
}

/**
 * Loads the network of an archive, runs it on a grey picture or a short series and frees it again, on
 * the WASM backend, which must be the active one, with the recurrent kernels.
 *
 * @throws {ServiceError} `unsupported_operator`, naming it; `model_unusable` if the network is
 * broken, takes neither pictures nor series, gives numbers that are not finite, or is another than its
 * archive says
 */
export async function inspectModel(archive: ModelArchive): Promise<ModelInspection> {
  refuseFlatInput(archive);
  const takesSeries = archive.inputShape?.length === 3;
  const model = takesSeries ? await loadSequenceModel(archive) : await loadModel(archive);
  try {
    const input = takesSeries ? readSeriesInput(model) : readImageInput(model, archive);
    requireFiniteOutput(model);
    const { classCount, featureLength, outputActivation } = model;
    return { input, classCount, featureLength, outputActivation };
  } finally {
    model.dispose();
  }
}

/** What a network over texts cannot say is which characters its numbers stand for. */
function refuseFlatInput({ inputShape }: ModelArchive): void {
  if (inputShape?.length !== 2) return;
  const [, size] = inputShape;
  const found = typeof size === "number" && size > 0 ? size : "any number";
  throw refuseModel(`${INPUT_RULE}: found [1, ${found}]`);
}

function readSeriesInput({ inputShape: [, steps = -1, channels = 0] }: LoadedModel) {
  const stepsMax = steps > 0 ? steps : SERIES_STEPS_MAX;
  return { kind: "series", channels, stepsMax } as const;
}

function readImageInput({ inputShape }: LoadedModel, archive: ModelArchive): ImageModelInput {
  const size = readInputSize(inputShape);
  requireDeclared(archive, size);
  return { kind: "image", ...size, ...archive.preprocessing ?? guessPreprocessing(archive) };
}

function readInputSize(shape: readonly number[]): ImageInputSize {
  const [, height = 0, width = 0, channels] = shape;
  if (shape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw refuseModel(`${INPUT_RULE}: found [${shape.join(", ")}]`);
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
    const shape = model.inputShape.map((size) => size > 0 ? size : TRIAL_STEPS);
    const { logits, features } = model.predict(tf.fill(shape, 0.25));
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
