import { type Context, Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ServiceError } from "../lib/service_error.ts";
import type { InputValue } from "../models/inference_task.ts";
import type { ModelInput } from "../models/model_description.ts";
import type { Sequence } from "../models/sequences/sequence_store.ts";
import type { AppEnv } from "./app_env.ts";
import { describeClasses } from "./classify.ts";
import { describePlace, describeSequence } from "./describe_sequence.ts";
import {
  errorResponses,
  inputsHeaders,
  inputsRequestBody,
  modelParameter,
} from "./openapi_parts.ts";
import { readInputs } from "./read_inputs.ts";
import { roundAll } from "./round_all.ts";
import { pieceQuerySchema } from "./schemas.ts";
import { sequenceOwner } from "./sequence_owner.ts";
import {
  listSequencesQuerySchema,
  type SequenceListBody,
  sequenceListSchema,
  sequenceParameter,
  sequenceSchema,
  sequenceStepSchema,
} from "./sequence_schemas.ts";
import type { Services } from "./services.ts";
import { acquireForSequence, acquireStateful, stepSequence } from "./step_sequence.ts";
import { validateQuery } from "./validate_query.ts";

const SEQUENCES = "/v1/models/:model{[\\w.-]+}/sequences" as const;
const SEQUENCE = `${SEQUENCES}/:sequence{[\\w-]+}` as const;
const STEP = `${SEQUENCES}/:sequence{[\\w-]+:step}` as const;

/** Sequences whose state the service keeps: make, step, look at, delete. */
export function sequencesRoutes(services: Services) {
  const { sequences, apiKeys } = services;
  const addressOf = (context: Context<AppEnv>) => ({
    model: context.req.param("model") ?? "",
    id: (context.req.param("sequence") ?? "").replace(/:step$/, ""),
    owner: sequenceOwner(context, apiKeys),
  });
  return new Hono<AppEnv>()
    .post(SEQUENCES, async (context) => {
      const { model: name, owner } = addressOf(context);
      const { signal } = context.var;
      using lease = await acquireStateful(services, { target: { name }, signal });
      const { version, id: modelId } = lease.model;
      const sequence = sequences.create({ owner, model: name, version, modelId });
      const body = describeSequence(sequence, new URL(context.req.url).origin);
      return context.json(body, 201, { Location: body.urls.self });
    })
    .get(SEQUENCES, validateQuery(listSequencesQuerySchema), async (context) => {
      const { origin } = new URL(context.req.url);
      const { after, limit } = context.req.valid("query");
      const address = addressOf(context);
      await services.models.directory.find(address.model);
      const all = sequences.list(address).reverse();
      const begin = after === undefined ? 0 : findPlace(all, after) + 1;
      const body: SequenceListBody = {
        data: all.slice(begin, begin + limit).map((each) => describeSequence(each, origin)),
        has_more: all.length > begin + limit,
      };
      return context.json(body);
    })
    .get(SEQUENCE, (context) => {
      const sequence = sequences.find(addressOf(context));
      return context.json(describeSequence(sequence, new URL(context.req.url).origin));
    })
    .delete(SEQUENCE, (context) => {
      sequences.delete(addressOf(context));
      return context.body(null, 204);
    })
    .post(STEP, validateQuery(pieceQuerySchema), async (context) => {
      const started = performance.now();
      const { signal } = context.var;
      services.pool.requireRoom(1);
      const address = addressOf(context);
      using turn = sequences.enter(address);
      const before = sequences.find(address);
      using lease = await acquireForSequence(services, { sequence: before, signal });
      const { model } = lease;
      const input = await readPiece(context, model.description.input);
      const { top_k: topK, threshold, output_mode: outputMode } = context.req.valid("query");
      const step = { turn, model, input, query: { topK, threshold, outputMode } };
      const { result, sequence } = await stepSequence(services, step, signal);
      const { queueMs, timings } = result;
      return context.json({
        model: model.description.name,
        version: model.version,
        ...describePlace(sequence),
        ...describeClasses(result, model.labels),
        timing_ms: roundAll({ queue: queueMs, ...timings, total: performance.now() - started }),
      });
    });
}

function findPlace(all: readonly Readonly<Sequence>[], id: string): number {
  const place = all.findIndex((each) => each.id === id);
  if (place >= 0) return place;
  throw new ServiceError(
    "invalid_value",
    `Cannot list sequences as after must be the id of one of them: found ${JSON.stringify(id)}`,
    { param: "after" },
  );
}

async function readPiece(context: Context<AppEnv>, input: ModelInput): Promise<InputValue> {
  const { inputs: [piece] } = await readInputs(context, { input, inputsMax: 1 });
  if (!piece) throw new ServiceError("invalid_value", "Cannot step the sequence without a piece");
  if ("error" in piece) throw piece.error;
  return piece.value;
}

const tags = ["sequences"];
const json = (schema: typeof sequenceSchema | typeof sequenceListSchema) => ({
  "application/json": { schema },
});
const gone = {
  ...errorResponses[404],
  description: "It has expired, was evicted or deleted; `code` says which",
};

/** Documentation of {@linkcode sequencesRoutes}. */
export const sequencesPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}/sequences": {
    post: {
      summary: "Begin a sequence whose state the service keeps",
      description: "It keeps the version that is published now, and lives in the memory of this " +
        "replica until SEQUENCE_TTL_MS after its last step, or until another one needs its place.",
      tags,
      requestParams: { path: modelParameter },
      responses: {
        201: { description: "The sequence", content: json(sequenceSchema) },
        ...errorResponses,
      },
    },
    get: {
      summary: "The sequences of a model",
      description: "Those of the same API key, the most recently used first.",
      tags,
      requestParams: { path: modelParameter, query: listSequencesQuerySchema },
      responses: {
        200: { description: "Sequences", content: json(sequenceListSchema) },
        401: errorResponses[401],
        404: errorResponses[404],
        422: errorResponses[422],
      },
    },
  },
  "/v1/models/{model}/sequences/{sequence}": {
    get: {
      summary: "Where a sequence stands",
      tags,
      requestParams: { path: sequenceParameter },
      responses: {
        200: { description: "The sequence", content: json(sequenceSchema) },
        401: errorResponses[401],
        404: errorResponses[404],
        410: gone,
      },
    },
    delete: {
      summary: "End a sequence",
      tags,
      requestParams: { path: sequenceParameter },
      responses: {
        204: { description: "It is gone; a step that runs ends without effect" },
        401: errorResponses[401],
        404: errorResponses[404],
        410: gone,
      },
    },
  },
  "/v1/models/{model}/sequences/{sequence}:step": {
    post: {
      summary: "Feed the next piece of a sequence",
      description: "One input of any form that `:classify` takes. Steps of one sequence are done " +
        "in the order of their arrival. A step that fails leaves the sequence as it was.",
      tags,
      requestParams: { path: sequenceParameter, query: pieceQuerySchema, header: inputsHeaders },
      requestBody: inputsRequestBody,
      responses: {
        200: {
          description: "What the model says after the piece",
          content: { "application/json": { schema: sequenceStepSchema } },
        },
        ...errorResponses,
        410: gone,
      },
    },
  },
};
