import { join } from "node:path";
import { readVerifiedFile } from "../../lib/files/read_verified_file.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { hashBackbone } from "../hash_backbone.ts";
import type { BackboneArtifact } from "../model_artifact.ts";
import { makeSingleHistory } from "../model_history.ts";
import type { KnownModel, ModelContent, ModelSource } from "../model_source.ts";
import { parseManifest, type ShippedFile, type ShippedModel } from "./manifest.ts";

/**
 * The models that ship with the project, out of the folder that holds `manifest.json`.
 *
 * @throws {Error} if the manifest cannot be read
 */
export async function createShippedSource(folder: string): Promise<ModelSource> {
  const { models } = parseManifest(await Deno.readTextFile(join(folder, "manifest.json")));
  const byName = new Map(models.map((model) => [model.name, model]));
  const find = (name: string) => {
    const model = byName.get(name);
    return Promise.resolve(model && describe(model));
  };
  return {
    isFixed: true,
    list: () => Promise.resolve(models.map(describe)),
    find,
    async findHistory(name) {
      const known = await find(name);
      return known && makeSingleHistory(known);
    },
    async read({ description: { name } }) {
      const model = byName.get(name);
      if (!model) throw new TypeError(`The manifest has no model ${name}`);
      return await read(model, folder);
    },
    async verify() {
      for (const model of models) await read(model, folder);
    },
  };
}

function describe(model: ShippedModel): KnownModel {
  const { name, version, labels } = model;
  const backboneSha256 = hashBackbone(model.files);
  return {
    description: { ...model, classCount: labels.length },
    version,
    id: `${name}@${version}:${backboneSha256.slice(0, 16)}`,
    backboneSha256,
    isHere: true,
  };
}

/** Files are named relative to the model's own folder, as `model.json` names its weights. */
async function read(model: ShippedModel, folder: string): Promise<ModelContent> {
  const files = new Map<string, Uint8Array>();
  for (const file of model.files) {
    files.set(file.path.slice(model.name.length + 1), await readFile(file, folder));
  }
  const { format, input, labels } = model;
  const hash = hashBackbone(model.files);
  return { backbone: { hash, role: findRole(model), format, files, input }, labels };
}

async function readFile(file: ShippedFile, folder: string): Promise<Uint8Array> {
  const name = `weights/${file.path}`;
  let reason = `the file ${name} is missing`;
  try {
    const bytes = await readVerifiedFile(join(folder, file.path), { ...file, name });
    if (bytes) return bytes;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new ServiceError(
    "model_unusable",
    `Cannot use a model that ships with the project as ${reason}: restore it, for example with git`,
  );
}

function findRole({ verbs }: ShippedModel): BackboneArtifact["role"] {
  if (verbs.includes("generate")) return "generator";
  return verbs.includes("encode") ? "autoencoder" : "classifier";
}
