import { type Context, Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ServiceError } from "../lib/service_error.ts";
import {
  type CharacterLogprobs,
  generateText,
  type GenerationEnd,
  type GenerationRequest,
} from "../models/generate_text.ts";
import type { ModelLease, ServedModel } from "../models/model_registry.ts";
import { TextBatcher } from "../models/text_batcher.ts";
import { encodeText, type TextInput } from "../models/text_input.ts";
import type { AppEnv } from "./app_env.ts";
import { describeIssue } from "./describe_issue.ts";
import {
  type GenerateBody,
  generateBodySchema,
  type Generation,
  generationEventSchema,
  generationSchema,
  type WireLogprobs,
} from "./generation_schemas.ts";
import { parseJson } from "./json_inputs.ts";
import { targetModel, verbPath } from "./model_target.ts";
import { errorResponses, modelParameter } from "./openapi_parts.ts";
import { readBody } from "./read_body.ts";
import { roundAll } from "./round_all.ts";
import type { Services } from "./services.ts";
import { streamEvents } from "./stream_events.ts";

/** Commas, colons and brackets that a body may have: it has seven fields. */
const JSON_TOKENS_MAX = 64;

/** A generation that was asked for, and what its end is told with. */
interface Asked {
  services: Services;
  batcher: TextBatcher;
  model: ServedModel;
  request: GenerationRequest;
  started: number;
}

/** `POST /v1/models/{model}:generate`: a prompt in, text out, as a whole or as it is written. */
export function generateRoutes(services: Services) {
  const batcher = new TextBatcher(services.pool);
  return new Hono<AppEnv>().post(verbPath("generate"), async (context) => {
    const started = performance.now();
    const lease = await services.models.acquire(
      targetModel(context),
      "generate",
      context.var.signal,
    );
    using resources = new DisposableStack();
    resources.use(lease);
    const body = await readGenerateBody(context);
    const request = makeRequest(lease, body);
    const asked = { services, batcher, model: lease.model, request, started };
    if (!body.stream) return context.json(await generateWhole(asked, context.var.signal));
    // A queue that is full is an answer of its own, which a stream could not give any more.
    batcher.requireRoom(request.model);
    const held = resources.move();
    return streamEvents(context, (signal) => streamText(asked, signal), () => held.dispose());
  });
}

async function readGenerateBody(context: Context<AppEnv>): Promise<GenerateBody> {
  const json = parseJson((await readBody(context)).bytes, JSON_TOKENS_MAX);
  const result = generateBodySchema.safeParse(json);
  if (result.success) return result.data;
  const issue = describeIssue(result.error, json);
  throw new ServiceError("invalid_value", `Cannot read the body as ${issue}`);
}

function makeRequest({ model }: ModelLease, body: GenerateBody): GenerationRequest {
  const input = requireText(model);
  return {
    model: model.id,
    input,
    prompt: encodeText(body.prompt, input),
    tokensMax: body.max_tokens,
    temperature: body.temperature,
    topK: body.top_k,
    seed: body.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    stops: [body.stop].flat(),
    logprobs: body.logprobs,
  };
}

function requireText({ description: { name, input } }: ServedModel): TextInput {
  if (input.kind === "text") return input;
  throw new TypeError(`Model ${name} must read text to generate: it reads ${input.kind}`);
}

async function generateWhole(asked: Asked, signal: AbortSignal): Promise<Generation> {
  const { request, batcher } = asked;
  const pieces = generateText(request, { batcher, signal });
  let text = "";
  const logprobs: WireLogprobs[] = [];
  while (true) {
    const { done, value } = await pieces.next();
    if (done) {
      const { model, version, ...end } = describeEnd(asked, value);
      const told = request.logprobs === undefined ? {} : { logprobs };
      return { model, version, text, ...told, ...end };
    }
    text += value.text;
    logprobs.push(...value.logprobs.map(describeLogprobs));
  }
}

/** One event for each character, one for the end, and the mark that such streams end with. */
async function* streamText(asked: Asked, signal: AbortSignal): AsyncGenerator<string> {
  const pieces = generateText(asked.request, { batcher: asked.batcher, signal });
  while (true) {
    const { done, value } = await pieces.next();
    if (done) {
      yield JSON.stringify(describeEnd(asked, value));
      yield "[DONE]";
      return;
    }
    for (const [place, text] of [...value.text].entries()) {
      const likely = value.logprobs[place];
      yield JSON.stringify(likely ? { text, logprobs: [describeLogprobs(likely)] } : { text });
    }
  }
}

function describeLogprobs({ top, ...character }: CharacterLogprobs): WireLogprobs {
  return { ...character, top_logprobs: top };
}

function describeEnd(
  { services, model, request, started }: Asked,
  { finishReason, tokensDrawn, timings }: GenerationEnd,
) {
  services.metrics.observeStages(model.description.name, timings);
  const promptTokens = request.prompt.length;
  return {
    model: model.description.name,
    version: model.version,
    finish_reason: finishReason,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokensDrawn,
      total_tokens: promptTokens + tokensDrawn,
    },
    seed: request.seed,
    timing_ms: roundAll({ ...timings, total: performance.now() - started }),
  };
}

/** Documentation of {@linkcode generateRoutes}. */
export const generatePaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:generate": {
    post: {
      summary: "Generate text",
      description: "With `stream`, server-sent events: one for each character, one for the end " +
        "with `finish_reason`, and `[DONE]`.",
      tags: ["inference"],
      requestParams: { path: modelParameter },
      requestBody: {
        required: true,
        content: { "application/json": { schema: generateBodySchema } },
      },
      responses: {
        200: {
          description: "The text behind the prompt",
          content: {
            "application/json": { schema: generationSchema },
            "text/event-stream": { schema: generationEventSchema },
          },
        },
        ...errorResponses,
      },
    },
  },
};
