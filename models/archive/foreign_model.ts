/** The first bytes of files that are models of other kinds. */
const MAGICS: readonly (readonly [number[], string])[] = [
  [[0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "a Keras .h5 file"],
  [[0x1f, 0x8b], "a gzip file"],
];
const PICKLE = 0x80;
const PICKLE_PROTOCOL_MAX = 5;

/** Paths that tell what an archive holds; the first that fits decides. */
const PATHS: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)saved_model\.pb(txt)?$/i, "a TensorFlow SavedModel"],
  [/\.(h5|hdf5|keras)$/i, "a Keras .h5 or .keras file"],
  [/((^|\/)data\.pkl|\.(pt|pth|pkl|safetensors))$/i, "a PyTorch file"],
  [/\.onnx$/i, "an ONNX file"],
  [/\.mlmodel$/i, "a Core ML file"],
];

/** The project that Teachable Machine saves: its samples, without the model. */
const PROJECT_FILE = /^manifest\.json$/;

/**
 * Names the kind of a single file that is a model, but none that can be imported.
 *
 * @returns undefined where the bytes are of no kind that is known
 */
export function describeForeignFile(bytes: Uint8Array): string | undefined {
  const match = MAGICS.find(([magic]) => magic.every((byte, index) => byte === bytes[index]));
  if (match) return match[1];
  const [first, second = Infinity] = bytes;
  return first === PICKLE && second <= PICKLE_PROTOCOL_MAX ? "a PyTorch file" : undefined;
}

/**
 * Names the kind of an archive that holds a model, but none that can be imported.
 *
 * @param paths of the files in the archive
 * @returns undefined where the paths are of no kind that is known
 */
export function describeForeignArchive(paths: Iterable<string>): string | undefined {
  for (const path of paths) {
    const match = PATHS.find(([pattern]) => pattern.test(path));
    if (match) return match[1];
    if (PROJECT_FILE.test(path)) return "a project of Teachable Machine, not its exported model";
  }
  return undefined;
}

/**
 * Names the kind of model that a `metadata.json` of Teachable Machine belongs to, where it is no
 * image model. Its libraries write `wordLabels` for audio
 * (tensorflow/tfjs-models, speech-commands) and `modelSettings.posenet` for poses
 * (googlecreativelab/teachablemachine-community, libraries/pose).
 *
 * @returns undefined for the metadata of an image model
 */
export function describeForeignMetadata(metadata: Record<string, unknown>): string | undefined {
  const { packageName, modelSettings } = metadata;
  const isAudio = "tfjsSpeechCommandsVersion" in metadata || "wordLabels" in metadata;
  if (isAudio) return "an audio model of Teachable Machine";
  const isPose = packageName === "@teachablemachine/pose" || modelSettings !== undefined;
  return isPose ? "a pose model of Teachable Machine" : undefined;
}
