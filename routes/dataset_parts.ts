import { z } from "zod";
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from "zod-openapi";
import { DATASET_NAME } from "./dataset_schemas.ts";
import { errorSchema } from "./schemas.ts";

/** Path parameter of every route of a dataset. */
export const datasetParameter = z.object({
  dataset: z.string().regex(new RegExp(`^${DATASET_NAME}$`)).meta({ example: "pets" }),
});

/** Path parameters of every route of a sample. */
export const sampleParameters = datasetParameter.extend({
  sample: z.string().meta({ example: "sample-5f2b8c0d9e1a3b4c5d6e7f80" }),
});

const DESCRIPTIONS = {
  400: "The body cannot be read",
  401: "No valid API key",
  404: "No such dataset or sample",
  409: "The name is taken, the same bytes are there already, or a limit is reached",
  413: "The body is above a limit",
  415: "The body is of another type, or not a picture",
  422: "A parameter, a field or the sample breaks its rule",
  429: "Too much is being uploaded at the moment",
  504: "The deadline passed; nothing of the upload is kept",
} as const;

/** The answers of a route that are errors, by status. */
export function datasetResponses(
  ...statuses: (keyof typeof DESCRIPTIONS)[]
): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [status, describeAnswer(DESCRIPTIONS[status], errorSchema)]),
  );
}

/** An answer in JSON. */
export function describeAnswer(description: string, schema: z.ZodType): ZodOpenApiResponseObject {
  return { description, content: { "application/json": { schema } } };
}
