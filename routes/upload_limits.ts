import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { every } from "hono/combine";
import { createMiddleware } from "hono/factory";
import type { Config } from "../lib/config/config.ts";
import { ServiceError } from "../lib/service_error.ts";
import { untilAborted } from "../lib/until_aborted.ts";
import type { AppEnv } from "./app_env.ts";
import { bodyPolicy } from "./body_policy.ts";
import { toBodyError } from "./body_error.ts";
import { discardBody } from "./discard_body.ts";
import { errorResponse } from "./errors.ts";

/** Bytes that the sockets on the way take in, so that a client can send them without a reader. */
const SOCKET_BYTES = 1024 * 1024;

/**
 * Limits one body, and all bodies together: a body is counted with its declared length, or with the
 * largest allowed one where it declares none, from its head until its request is answered. One that
 * is streamed counts with what it may have in memory, which is no more than any other body.
 */
export function limitUploads(limits: Config): MiddlewareHandler<AppEnv> {
  const { bodyBytesMax, uploadsBytesMax } = limits;
  let uploadsBytes = 0;
  const limitAll = createMiddleware<AppEnv>(async (context, next) => {
    const bytes = Math.min(declaredBytes(context) ?? bodyBytesMax, bodyBytesMax);
    if (uploadsBytes + bytes > uploadsBytesMax) {
      throw new ServiceError(
        "queue_full",
        `Cannot accept ${bytes} more bytes as all uploads together must have at most ` +
          `${uploadsBytesMax}: they have ${uploadsBytes} now`,
        { retryAfterSeconds: 1 },
      );
    }
    uploadsBytes += bytes;
    try {
      await next();
    } finally {
      uploadsBytes -= bytes;
    }
  });
  // It receives a body that declares no length before it goes on, however long that takes.
  const limitBuffered = bodyLimit({
    maxSize: bodyBytesMax,
    onError: (context) => errorResponse(context, bodyTooLarge(context, bodyBytesMax)),
  });
  const receiveBuffered = async (context: Context<AppEnv>) => {
    try {
      const received = limitBuffered(context, () => Promise.resolve());
      return await untilAborted(received, context.var.signal);
    } catch (error) {
      throw toBodyError(error, context);
    }
  };
  const limitOne = createMiddleware<AppEnv>(async (context, next) => {
    const { isStreamed, bytesMax } = bodyPolicy(context.req, limits);
    if (isStreamed) {
      if ((declaredBytes(context) ?? 0) > bytesMax) throw bodyTooLarge(context, bytesMax);
    } else {
      const refusal = await receiveBuffered(context);
      if (refusal) return refusal;
    }
    return await next();
  });
  return every(limitAll, limitOne);
}

function bodyTooLarge(context: Context, bytesMax: number): ServiceError {
  return new ServiceError(
    "body_too_large",
    `Cannot accept the body as it must have at most ${bytesMax} bytes: ` +
      `it has ${declaredBytes(context) ?? "more"}`,
  );
}

/**
 * Discards the body of a request that was refused before its body was read, so that its client sees
 * why. Bodies above the limit are cut off.
 *
 * @param timeoutMs how long the answer waits for the client to finish
 */
export function drainRefusedBody(
  { bodyBytesMax, timeoutMs }: { bodyBytesMax: number; timeoutMs: number },
): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (context, next) => {
    await next();
    if (context.res.status < 400) return;
    const bytes = declaredBytes(context) ?? bodyBytesMax;
    if (bytes <= SOCKET_BYTES || bytes > bodyBytesMax) return;
    const { body, bodyUsed } = context.req.raw;
    if (body && !bodyUsed) await discardBody(body, { bytesMax: bodyBytesMax, timeoutMs });
  });
}

/** The length that the client declares; 0 where it sends no body, `undefined` where it streams. */
function declaredBytes(context: Context): number | undefined {
  if (context.req.header("Transfer-Encoding") !== undefined) return undefined;
  return Number(context.req.header("Content-Length") ?? 0);
}
