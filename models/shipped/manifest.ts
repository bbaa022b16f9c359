import { z } from "zod";
import { MODEL_FORMATS, type ModelFormat } from "../formats/load_model.ts";
import { type ModelDescription, VERBS } from "../model_description.ts";

const imageInput = z.strictObject({
  kind: z.literal("image"),
  height: z.int().min(1),
  width: z.int().min(1),
  channels: z.union([z.literal(1), z.literal(3)]),
  scale: z.number(),
  offset: z.number(),
  fit: z.enum(["crop", "stretch"]),
  cropFraction: z.number().gt(0).max(1),
});

const textInput = z.strictObject({
  kind: z.literal("text"),
  vocabulary: z.string().min(1),
  folding: z.enum(["none", "lower"]),
  start: z.string(),
  end: z.string(),
  charactersMax: z.int().min(1),
});

const seriesInput = z.strictObject({
  kind: z.literal("series"),
  channels: z.int().min(1),
  stepsMax: z.int().min(1),
  stepsPerSecond: z.number().gt(0).optional(),
});

const shippedFile = z.strictObject({
  path: z.string().regex(/^[a-z0-9-]+(\/[a-z]+)?\/[a-z]+\.[a-z]+$/),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const shippedModel = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  version: z.int().min(1),
  description: z.string(),
  licence: z.string(),
  source: z.string(),
  format: z.enum(MODEL_FORMATS),
  input: z.discriminatedUnion("kind", [imageInput, textInput, seriesInput]),
  verbs: z.array(z.enum(VERBS)).min(1),
  labels: z.array(z.string()),
  codeLength: z.int().min(1).optional(),
  metrics: z.strictObject({ source: z.string(), values: z.record(z.string(), z.number()) }),
  files: z.array(shippedFile).min(2),
});

const manifest = z.strictObject({ models: z.array(shippedModel) });

/** A file of a model that ships. */
export interface ShippedFile {
  /** Below `weights/`. */
  path: string;
  /** Its size. */
  bytes: number;
  /** 64 lower-case hexadecimal digits. */
  sha256: string;
}

/** A model of `weights/`, as the manifest describes it. */
export interface ShippedModel extends Omit<ModelDescription, "classCount"> {
  /** Counts from 1; to be raised when the weights change. */
  version: number;
  /** How the files are read. */
  format: ModelFormat;
  /** In the order of the outputs; empty where the model does not classify. */
  labels: string[];
  /** `model.json` and weights of each of its networks. */
  files: ShippedFile[];
}

/** `weights/manifest.json`. */
export interface Manifest {
  /** The models that ship with the project, in the order in which they are listed. */
  models: ShippedModel[];
}

/**
 * Reads the manifest.
 *
 * @throws {SyntaxError} if it is not JSON, or not of its form; the message names the first fault
 */
export function parseManifest(text: string): Manifest {
  const result = manifest.safeParse(parseJson(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SyntaxError(
    `Cannot read the manifest as ${issue?.path.join(".")} is wrong: ${issue?.message}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError("Cannot read the manifest as it must be JSON", { cause });
  }
}
