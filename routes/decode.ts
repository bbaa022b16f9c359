import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import { decodeBodySchema } from "./autoencoder_schemas.ts";
import { targetModel, verbPath } from "./model_target.ts";
import { errorResponses, modelParameter } from "./openapi_parts.ts";
import { BINARY } from "./packed_vectors.ts";
import { readBody } from "./read_body.ts";
import { readCode } from "./read_code.ts";
import type { Services } from "./services.ts";

/** The media type of pictures that the service makes. */
export const PNG = "image/png";

/** `POST /v1/models/{model}:decode`: a code in, a picture out. */
export function decodeRoutes({ models, pool, metrics }: Services) {
  return new Hono<AppEnv>().post(verbPath("decode"), async (context) => {
    const { signal } = context.var;
    using lease = await models.acquire(targetModel(context), "decode", signal);
    const { id, description } = lease.model;
    const input = readCode(await readBody(context), description.codeLength ?? 0);
    const task = { model: id, input, query: { verb: "decode" }, pixelsMax: 0 } as const;
    const [result] = await Promise.all(pool.run([task], signal));
    if (!result) throw new TypeError("A task must have an answer");
    metrics.observeStages(description.name, { queue: result.queueMs, ...result.timings });
    return context.body(pictureOf(result), 200, { "Content-Type": PNG });
  });
}

function pictureOf({ answer }: PoolResult): ArrayBuffer {
  if (answer.verb === "decode") return answer.picture.buffer;
  throw new TypeError(`The answer must be a picture: it has ${answer.verb}`);
}

/** Documentation of {@linkcode decodeRoutes}. */
export const decodePaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:decode": {
    post: {
      summary: "Make a picture out of its code",
      tags: ["inference"],
      requestParams: { path: modelParameter },
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: decodeBodySchema },
          [BINARY]: {
            schema: {
              type: "string",
              format: "binary",
              description: "One byte for each number of the code, or float32 little endian",
            },
          },
        },
      },
      responses: {
        200: {
          description: "The picture",
          content: { [PNG]: { schema: { type: "string", format: "binary" } } },
        },
        ...errorResponses,
      },
    },
  },
};
