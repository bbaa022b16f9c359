import { z } from "zod";
import { LABEL_LENGTH_MAX, LABELS_MAX } from "../models/archive/archive_labels.ts";
import { MODEL_NAME } from "./model_target.ts";

/** The wire names of what is said about a model that is imported. Nothing else spells them. */

const LABELS_RULE = `must be a JSON list of 1 to ${LABELS_MAX} texts of 1 to ${LABEL_LENGTH_MAX} ` +
  "characters, or one text per line";
const PREPROCESSING_RULE =
  "must be a JSON object with any of scale, offset, fit (crop or stretch) " +
  "and crop_fraction (above 0, at most 1)";

const labelsSchema = z.array(z.string().trim().min(1).max(LABEL_LENGTH_MAX)).min(1)
  .max(LABELS_MAX);

const preprocessingSchema = z.strictObject({
  scale: z.number(),
  offset: z.number(),
  fit: z.enum(["crop", "stretch"]),
  crop_fraction: z.number().gt(0).max(1),
}).partial();

/** A field whose text holds a value of its own form. */
function parsed<Schema extends z.ZodType>(
  schema: Schema,
  { rule, read }: { rule: string; read: (text: string) => unknown },
) {
  return z.string(rule).transform((text, context): z.output<Schema> => {
    const result = schema.safeParse(read(text));
    if (result.success) return result.data;
    context.addIssue({ code: "custom", message: rule });
    return z.NEVER;
  }).meta({ override: ({ jsonSchema }) => void Object.assign(jsonSchema, { type: "string" }) });
}

function readLabels(text: string): unknown {
  if (text.trimStart().startsWith("[")) return readJson(text);
  return text.trim().split("\n");
}

/** `undefined`, which no schema accepts, for what is not JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function line(lengthMax: number) {
  return z.string().trim().max(lengthMax, `must have at most ${lengthMax} characters`);
}

const NAME_RULE = "must be 1 to 64 characters out of a-z 0-9 . _ - and not begin with . _ or -";

/** Query of an import, and fields of its form. */
export const importFieldsSchema = z.strictObject({
  name: z.string(NAME_RULE).regex(new RegExp(`^${MODEL_NAME}$`), NAME_RULE).meta({
    description: "Of the model; one of this name gets another version",
  }),
  labels: parsed(labelsSchema, { rule: LABELS_RULE, read: readLabels }).optional().meta({
    description: "Class names in the order of the outputs, where the file has none or others",
  }),
  preprocessing: parsed(preprocessingSchema, { rule: PREPROCESSING_RULE, read: readJson })
    .optional().meta({ description: "How a picture becomes the input, where the file tells not" }),
  description: line(500).optional(),
  licence: line(100).optional().meta({ description: "SPDX identifier" }),
  source: line(500).optional().meta({ description: "Where a person can read about the model" }),
  publish: z.enum(["true", "false"], "must be true or false").default("true").meta({
    description: "false: `stable` stays where it is",
  }),
});

export type ImportFields = z.infer<typeof importFieldsSchema>;
