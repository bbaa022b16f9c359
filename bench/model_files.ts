import { join, resolve } from "node:path";
import { findCatalogEntry, type RemoteFile } from "../models/catalog.ts";
import { HAS_HUB, HUB_FOLDER } from "../tests/server_process.ts";

/** The model that all benchmarks run. */
export const MODEL_NAME = "mobilenet-v2";

/** Where results, pictures and data folders of the benchmarks go; git ignores it. */
export const RESULTS_FOLDER = new URL("results/", import.meta.url).pathname;

/** The files of {@linkcode MODEL_NAME}, by absolute path. */
export interface ModelFilePaths {
  model: string;
  labels: string;
}

/**
 * Finds the model's files: in the hub folder beside the repository, or where `deno task pull` put
 * them.
 *
 * @throws {Error} if they are not there
 */
export async function findModelFiles(): Promise<ModelFilePaths> {
  const entry = findCatalogEntry(MODEL_NAME);
  if (!entry) throw new Error(`Cannot run benchmarks as the catalogue has no ${MODEL_NAME}`);
  return { model: await findFile(entry.files.model), labels: await findFile(entry.files.labels) };
}

async function findFile({ sha256, bytes }: RemoteFile): Promise<string> {
  const folder = HAS_HUB ? HUB_FOLDER.pathname : join(Deno.env.get("DATA_DIR") || "data", "hub");
  const path = resolve(folder, sha256);
  const size = await Deno.stat(path).then((info) => info.size, () => undefined);
  if (size === bytes) return path;
  throw new Error(
    `Cannot run benchmarks without ${MODEL_NAME} in ${folder}: run deno task pull ${MODEL_NAME}`,
  );
}

/** A fresh data folder with the model in it, as two services cannot share one. */
export async function makeDataFolder(): Promise<AsyncDisposable & { path: string }> {
  const files = await findModelFiles();
  await Deno.mkdir(RESULTS_FOLDER, { recursive: true });
  const path = await Deno.makeTempDir({ dir: RESULTS_FOLDER, prefix: "data-" });
  await Deno.mkdir(join(path, "hub"));
  for (const file of [files.model, files.labels]) {
    await Deno.copyFile(file, join(path, "hub", file.slice(-64)));
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
