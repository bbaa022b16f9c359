import { ServiceError } from "../../lib/service_error.ts";
import type { CatalogEntry } from "../catalog.ts";
import { makeSingleHistory } from "../model_history.ts";
import type { KnownModel, ModelContent, ModelSource } from "../model_source.ts";
import { parseLabels } from "./parse_labels.ts";
import { isPulled, readPulledFiles } from "./pulled_files.ts";

/** Models of the hub have one version. */
const HUB_VERSION = 1;

/** The models of a catalogue; those that `deno task pull` put into a data directory can be read. */
export function createHubSource(catalog: readonly CatalogEntry[], dataDir: string): ModelSource {
  const entries = new Map(catalog.map((entry) => [entry.name, entry]));
  const find = async (name: string) => {
    const entry = entries.get(name);
    return entry && await describe(entry, dataDir);
  };
  return {
    isFixed: true,
    list: () => Promise.all(catalog.map((entry) => describe(entry, dataDir))),
    find,
    async findHistory(name) {
      const known = await find(name);
      return known && makeSingleHistory(known);
    },
    async read({ description }) {
      const entry = entries.get(description.name);
      const content = entry && await read(entry, dataDir);
      if (content) return content;
      throw new ServiceError(
        "model_unusable",
        `Cannot read model ${description.name} as a file is gone`,
      );
    },
    async verify() {
      for (const entry of catalog) {
        if (await isPulled(entry, dataDir)) await read(entry, dataDir);
      }
    },
  };
}

async function describe(entry: CatalogEntry, dataDir: string): Promise<KnownModel> {
  const { name, files: { model } } = entry;
  const id = `${name}@${HUB_VERSION}:${model.sha256.slice(0, 16)}`;
  return {
    description: entry,
    version: HUB_VERSION,
    id,
    backboneSha256: model.sha256,
    isHere: await isPulled(entry, dataDir),
  };
}

/** `undefined` when a file is not here. */
async function read(entry: CatalogEntry, dataDir: string): Promise<ModelContent | undefined> {
  const files = await readPulledFiles(entry, dataDir);
  if (!files) return undefined;
  return {
    backbone: {
      hash: entry.files.model.sha256,
      role: "classifier",
      format: entry.format,
      files: new Map([["model.tflite", files.model]]),
      input: entry.input,
    },
    labels: parseLabels(files.labels, entry.classCount),
  };
}
