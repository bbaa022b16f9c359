import { z } from "zod";
import type { ZodOpenApiRequestBodyObject, ZodOpenApiResponsesObject } from "zod-openapi";
import { MODEL_NAME } from "./model_target.ts";
import { jsonClassifyInputsSchema, jsonImagesSchema, jsonInputsSchema } from "./input_schemas.ts";
import { errorSchema } from "./schemas.ts";
import { SHAPE_HEADER } from "./shape_header.ts";
import { STATE_HEADER } from "./state_header.ts";

/** Path parameter of every route of a model. */
export const modelParameter = z.object({
  model: z.string().regex(new RegExp(`^${MODEL_NAME}$`)).meta({ example: "edge-cnn" }),
});

/** The form of a label of a version. */
export const versionLabel = z.string().regex(
  /^[a-z][a-z0-9._-]{0,31}$/,
  "must be 1 to 32 characters out of a-z 0-9 . _ - and begin with a letter",
).meta({ example: "stable" });

/** Path parameters of the routes of one version. */
export const versionParameter = modelParameter.extend({ version: z.int().min(1) });

/** Path parameters of the routes of a label. */
export const labelParameter = modelParameter.extend({ label: versionLabel });

/** Headers of the routes that take a body as {@linkcode inputsRequestBody} says. */
export const inputsHeaders = z.object({
  [SHAPE_HEADER]: z.string().optional().meta({
    description: "Shape of a body of type application/octet-stream: steps,channels, as in 100,6",
  }),
});

/** Headers of those that take the state of a sequence too. */
export const stateHeaders = inputsHeaders.extend({
  [STATE_HEADER]: z.string().optional().meta({
    description: "The state to go on from, with a body that is not JSON",
  }),
});

const binary = { schema: { type: "string", format: "binary" } } as const;

const pictures = {
  "image/jpeg": binary,
  "image/png": binary,
  "image/webp": binary,
  "multipart/form-data": {
    schema: {
      type: "object",
      additionalProperties: { type: "string", format: "binary" },
      description: "One or several files, under any field names",
    },
  },
} as const;

/** What the verbs that take pictures accept. The type of a picture is found from its bytes. */
export const imageRequestBody: ZodOpenApiRequestBodyObject = {
  required: true,
  content: { ...pictures, "application/json": { schema: jsonImagesSchema } },
};

/**
 * What `:classify` and `:embed` accept: what the model looks at, as its `input` says. The type of a
 * picture is found from its bytes.
 */
export const inputsRequestBody: ZodOpenApiRequestBodyObject = {
  required: true,
  content: {
    ...pictures,
    "text/plain": { schema: { type: "string" } },
    "text/csv": { schema: { type: "string" } },
    "application/octet-stream": {
      schema: {
        type: "string",
        format: "binary",
        description: "A series as float32 little endian, with its shape in the header X-Shape",
      },
    },
    "application/json": { schema: jsonInputsSchema },
  },
};

/** What `:classify` accepts: the same, and the state of a sequence beside its next piece. */
export const classifyRequestBody: ZodOpenApiRequestBodyObject = {
  ...inputsRequestBody,
  content: {
    ...inputsRequestBody.content,
    "application/json": { schema: jsonClassifyInputsSchema },
  },
};

function errorResponse(description: string) {
  return { description, content: { "application/json": { schema: errorSchema } } };
}

/** The answers that are errors, for every route of a model. */
export const errorResponses = {
  400: errorResponse("The body cannot be read"),
  401: errorResponse("No valid API key"),
  404: errorResponse("No such model, or none that can do this"),
  409: errorResponse(
    "Not as things stand: a model that is not pulled, a name that is taken, something in use; " +
      "the message says what to do",
  ),
  413: errorResponse("Body or picture above a limit"),
  415: errorResponse("Not a JPEG, PNG or WebP picture, or a compressed body"),
  422: errorResponse("A parameter or an input breaks its rule, or the picture is damaged"),
  429: {
    ...errorResponse("The queue is full"),
    headers: {
      "Retry-After": { schema: { type: "integer" }, description: "Seconds until a new attempt" },
    },
  },
  503: errorResponse(
    "A worker was lost, the database cannot be reached, or the service is shutting down",
  ),
  504: errorResponse("The deadline passed"),
} satisfies ZodOpenApiResponsesObject;
