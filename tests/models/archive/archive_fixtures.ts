import { layers, sequential } from "@tensorflow/tfjs-layers";
import { zipFiles } from "../../../lib/archives/zip_files.ts";
import { startTestBackend } from "../formats/test_backend.ts";
import { saveLayersModel } from "../formats/tfjs_fixtures.ts";
import { makeWholeNetwork } from "../formats/whole_series_fixtures.ts";
import { makeTinyArtifact } from "../tiny_model.ts";

/** What Teachable Machine's image library writes beside a model. */
export const METADATA = {
  tfjsVersion: "1.3.1",
  tmVersion: "2.3.1",
  packageVersion: "0.8.4",
  packageName: "@teachablemachine/image",
  timeStamp: "2021-04-05T02:37:18.336Z",
  userMetadata: {},
  modelName: "tm-my-image-model",
  labels: ["cat", "dog"],
};

/** JSON as the bytes of a file. */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Lines as the bytes of a file. */
export function encodeLines(...lines: string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(lines.join("\n"));
}

/** The files of a layers model: the mean of each channel, two classes. */
export async function makeLayersFiles({ channels = 3 } = {}): Promise<Map<string, Uint8Array>> {
  await startTestBackend();
  const model = sequential({
    layers: [
      layers.globalAveragePooling2d({ inputShape: [8, 8, channels] }),
      layers.dense({ units: 2, activation: "softmax" }),
    ],
  });
  const files = await saveLayersModel(model);
  model.dispose();
  return files;
}

/** A zip as Teachable Machine exports it, with other files or metadata where they are given. */
export async function makeTeachableZip(
  { metadata = METADATA, channels = 3, extra = {}, folder = "" }: {
    metadata?: unknown;
    channels?: number;
    extra?: Record<string, Uint8Array>;
    folder?: string;
  } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const files = new Map(await makeLayersFiles({ channels }));
  files.set("metadata.json", encodeJson(metadata));
  for (const [path, bytes] of Object.entries(extra)) files.set(path, bytes);
  return zipFiles(new Map([...files].map(([path, bytes]) => [folder + path, bytes])));
}

/** A zip of a layers model over series of two channels: three classes. */
export async function makeSeriesZip(
  options: { steps?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  await startTestBackend();
  const model = makeWholeNetwork(options);
  const files = await saveLayersModel(model);
  model.dispose();
  return zipFiles(files);
}

/** A TensorFlow Lite file: three classes, 8 x 8 x 3. */
export function makeTfliteFile(): Uint8Array<ArrayBuffer> {
  const [bytes] = makeTinyArtifact().backbone.files.values();
  return (bytes ?? new Uint8Array()).slice();
}
