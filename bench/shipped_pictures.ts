import type { ModelSource } from "../models/model_source.ts";
import { RESULTS_FOLDER } from "./model_files.ts";
import { PEERS_FOLDER } from "./peers.ts";
import type { Contest } from "./shipped_bench.ts";
import { writeTfjsOnnx } from "./write_tfjs_onnx.ts";

/** The picture models that ship: the shape of the input of each network, channels last. */
const NETWORKS = [
  { name: "edge-cnn", part: "", shape: [1, 96, 96, 3] },
  { name: "image-autoencoder", part: "encoder", shape: [1, 64, 64, 3] },
  { name: "image-autoencoder", part: "decoder", shape: [1, 128] },
] as const;

/** Writes what the contests of the picture models need, and says how to start their contestants. */
export async function preparePictureContests(source: ModelSource): Promise<Contest[]> {
  const contests: Contest[] = [];
  for (const { name, part, shape } of NETWORKS) {
    const known = await source.find(name);
    if (!known) continue;
    const title = part === "" ? name : `${name}, ${part}`;
    const onnx = `${RESULTS_FOLDER}${name}${part}.onnx`;
    const input = `${RESULTS_FOLDER}${name}${part}.input`;
    const { files } = (await source.read(known)).backbone;
    await writeTfjsOnnx(filesOf(part, files), onnx);
    const values = Float32Array.from(
      { length: shape.reduce<number>((product, size) => product * size, 1) },
      (_, i) => (i * 7919 % 255) / 127.5 - 1,
    );
    await Deno.writeFile(input, new Uint8Array(values.buffer));
    const ours = new URL("contestants/picture_contestant.ts", import.meta.url).pathname;
    const peer = `${PEERS_FOLDER}onnxruntime_contestant.mjs`;
    contests.push({
      title,
      ours: [Deno.execPath(), "run", "--allow-read", "--allow-env", ours, name, input, part],
      peer: ["node", peer, onnx, input, "web", JSON.stringify(shape)],
    });
  }
  return contests;
}

function filesOf(part: string, files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const folder = part === "" ? "" : `${part}/`;
  const inside = [...files].filter(([path]) => path.startsWith(folder));
  return new Map(inside.map(([path, bytes]) => [path.slice(folder.length), bytes]));
}
