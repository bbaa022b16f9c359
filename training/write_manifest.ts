/**
 * Writes `weights/manifest.json`: which models ship, what they take and can do, and the size and
 * SHA-256 of each file. To be run after a model was exported: `deno task manifest`.
 */
import { createHash } from "node:crypto";
import { listVerbs } from "../models/model_description.ts";
import type { Manifest, ShippedModel } from "../models/shipped/manifest.ts";
import { SHIPPED, type ShippedMetadata } from "./shipped_models.ts";

const WEIGHTS = new URL("../weights/", import.meta.url);
/** The files that the service reads; cards are for people. */
const MODEL_FILES = /^(model\.json|weights\.bin)$/;

/** The text of the manifest for the models that are there. */
export async function makeManifest(): Promise<string> {
  const models: ShippedModel[] = [];
  for (const [name, describe] of Object.entries(SHIPPED)) {
    const paths = listFiles(name);
    if (paths.length === 0) continue;
    const metadata = await readMetadata(paths);
    const files = await Promise.all(paths.map(describeFile));
    const described = describe(metadata);
    const labels = metadata.labels ?? [];
    models.push({ name, ...described, verbs: listVerbs(described), labels, files });
  }
  return `${JSON.stringify({ models } satisfies Manifest, null, 2)}\n`;
}

/** Paths below `weights/`, in order; none if the folder is missing. */
function listFiles(folder: string): string[] {
  try {
    return [...Deno.readDirSync(new URL(`${folder}/`, WEIGHTS))].flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) return listFiles(path);
      return MODEL_FILES.test(entry.name) ? [path] : [];
    }).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A model of two networks has two `model.json`, which say different things. */
async function readMetadata(paths: string[]): Promise<ShippedMetadata> {
  const metadata: ShippedMetadata = {};
  for (const path of paths.filter((each) => each.endsWith("model.json"))) {
    const model = JSON.parse(await Deno.readTextFile(new URL(path, WEIGHTS)));
    Object.assign(metadata, model.userDefinedMetadata);
  }
  return metadata;
}

async function describeFile(path: string): Promise<ShippedModel["files"][number]> {
  const content = await Deno.readFile(new URL(path, WEIGHTS));
  return {
    path,
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
  };
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("manifest.json", WEIGHTS), await makeManifest());
}
