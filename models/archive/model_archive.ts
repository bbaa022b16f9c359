import type { FileFormat } from "../formats/load_model.ts";
import type { ModelFiles } from "../formats/loaded_model.ts";
import type { ImagePreprocessing } from "../image_input.ts";

/** Those who write archives that can be imported. */
export const ARCHIVE_ORIGINS = ["teachable-machine", "tfjs", "tflite"] as const;

/** Where an archive comes from, which tells how a network wants pictures. */
export type ArchiveOrigin = (typeof ARCHIVE_ORIGINS)[number];

/** What an archive of a model says about itself. Its network has not been tried yet. */
export interface ModelArchive {
  /** Who wrote it. */
  origin: ArchiveOrigin;
  /** How `files` are read. */
  format: FileFormat;
  /** What `loadModel()` takes. */
  files: ModelFiles;
  /** `metadata.json` and `labels.txt` where the archive has them: kept, so that an export is whole. */
  companions: ModelFiles;
  /** The names of the classes, where the archive has them. */
  labels: string[] | undefined;
  /** How a picture becomes the input, where the archive says. */
  preprocessing: ImagePreprocessing | undefined;
  /** The shape of the input with its batch, where `model.json` says; null or -1 where a size is open. */
  inputShape: readonly unknown[] | undefined;
  /** The size and the number of channels of the input, where `metadata.json` says. */
  declaredInput: DeclaredInput;
}

/** What `metadata.json` of Teachable Machine says about the input. */
export interface DeclaredInput {
  /** Width and height in pixels. */
  imageSize?: number;
  /** Whether the network takes one channel. */
  grayscale?: boolean;
}

/** How large an archive may be. */
export interface ArchiveLimits {
  /** Files in a zip. */
  filesMax: number;
  /** Bytes of all files together, unpacked. */
  unpackedBytesMax: number;
}

/** 64 files and 256 MiB: MobileNetV2 takes 14 MB, ResNet-50 100 MB. */
export const ARCHIVE_LIMITS: ArchiveLimits = { filesMax: 64, unpackedBytesMax: 256 * 2 ** 20 };

/**
 * How Teachable Machine's library makes the input of an image model from a picture: the central
 * square, resized to the input, `x / 127 - 1`, so that white becomes 1.008; one channel is
 * `0.2989 r + 0.587 g + 0.114 b` (`capture()` and `cropTensor()` of
 * googlecreativelab/teachablemachine-community, libraries/image/src/utils/tf.ts, the same in
 * `@teachablemachine/image` 0.8.5). What differs here: the resize is antialiased, where a browser's
 * canvas chooses its own filter, and transparent pixels lie on white, where its canvas is black.
 */
export const TEACHABLE_MACHINE_PREPROCESSING: ImagePreprocessing = {
  scale: 1 / 127,
  offset: -1,
  fit: "crop",
  cropFraction: 1,
  luminance: [0.2989, 0.587, 0.114],
};

/** What most image networks were trained with, for archives that say nothing: [-1, 1]. */
export const DEFAULT_PREPROCESSING: ImagePreprocessing = {
  scale: 1 / 127.5,
  offset: -1,
  fit: "crop",
  cropFraction: 1,
};
