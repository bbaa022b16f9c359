import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";
import { errorResponses, modelParameter } from "./openapi_parts.ts";
import { pieceQuerySchema } from "./schemas.ts";
import { type ConnectionOptions, SequenceConnection } from "./sequence_connection.ts";
import { sequenceOwner } from "./sequence_owner.ts";
import type { Services } from "./services.ts";
import { acquireStateful } from "./step_sequence.ts";
import { validateQuery } from "./validate_query.ts";
import type { NodeWebSocket } from "./web_socket_server.d.ts";

/** Each may hold a message of 1 MiB that is not whole yet, and another one that waits. */
const STREAMS_MAX = 256;

/** `GET /v1/models/{model}/sequences/stream`: a sequence over a WebSocket. */
export function sequenceStreamRoutes(services: Services) {
  let streams = 0;
  return new Hono<AppEnv>().get(
    "/v1/models/:model{[\\w.-]+}/sequences/stream",
    validateQuery(pieceQuerySchema),
    async (context) => {
      requireUpgrade(context.env);
      if (services.isDraining()) {
        throw new ServiceError("shutting_down", "The service is shutting down");
      }
      const model = context.req.param("model");
      const { signal } = context.var;
      using lease = await acquireStateful(services, { target: { name: model }, signal });
      const { version, id: modelId } = lease.model;
      const { top_k: topK, threshold, output_mode: outputMode } = context.req.valid("query");
      requireRoom(streams);
      const options: ConnectionOptions = {
        from: { owner: sequenceOwner(context, services.apiKeys), model, version, modelId },
        query: { topK, threshold, outputMode },
        origin: new URL(context.req.url).origin,
        sendMsMax: services.limits.requestTimeoutMs,
        onEnd: () => streams--,
      };
      let connection: SequenceConnection | undefined;
      return await services.upgradeWebSocket(context, {
        onOpen(_event, socket) {
          streams++;
          connection = new SequenceConnection(services, socket.raw as NodeWebSocket, options);
          connection.open();
        },
        onMessage: ({ data }) => connection?.receive(data as string | ArrayBuffer),
        // An error is followed by the end of the connection.
        onError: () => {},
        onClose: () => connection?.close(),
      });
    },
  );
}

/** Only a server that takes upgrades gives the app a connection to take over. */
function requireUpgrade(env: unknown): void {
  if (typeof env === "object" && env !== null && "wss" in env) return;
  throw new ServiceError(
    "upgrade_required",
    "Cannot stream as the request must be a handshake of WebSocket (RFC 6455)",
  );
}

function requireRoom(streams: number): void {
  if (streams < STREAMS_MAX) return;
  throw new ServiceError(
    "queue_full",
    `Cannot stream as there may be ${STREAMS_MAX} connections: there are ${streams}`,
    { retryAfterSeconds: 1 },
  );
}

/** Documentation of {@linkcode sequenceStreamRoutes}. */
export const sequenceStreamPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}/sequences/stream": {
    get: {
      summary: "A sequence over a WebSocket",
      description:
        "Each message is a piece: JSON as `:classify` takes it, or a series as float32 " +
        "little endian, 1 MiB at most. The first answer tells of the sequence, then each message " +
        "gets one, in order: `{message, steps_so_far, predictions, steps}`, or `{message, error, " +
        "code}` for a piece that was refused and changes nothing. With 16 messages unanswered no " +
        "more are read. The connection ends with 1001 when the service shuts down, 1008 when the " +
        "sequence is gone, 1009 for a larger message, and 1013 when the client does not read. The " +
        "sequence ends with the connection.",
      tags: ["sequences"],
      requestParams: { path: modelParameter, query: pieceQuerySchema },
      responses: {
        101: { description: "The connection is open" },
        426: { ...errorResponses[400], description: "The request is no handshake of WebSocket" },
        ...errorResponses,
      },
    },
  },
};
