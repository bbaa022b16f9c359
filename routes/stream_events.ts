import type { Context } from "hono";
import { type SSEMessage, streamSSE } from "hono/streaming";
import { getLogger } from "@logtape/logtape";
import { ServiceError, toErrorFields } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";

const logger = getLogger(["lastlayer", "http"]);

/** How long a client that has stopped reading may keep the last event of a stream. */
const ERROR_WRITE_MS_MAX = 1_000;

/**
 * Answers with server-sent events as they come. The deadline of the request and the going away of its
 * client end the source; an error is the last event.
 *
 * @param source gives the data of each event, or more than its data; its signal says when nobody wants more
 * @param onEnd is called once when the source has ended, whatever ended it
 */
export function streamEvents(
  context: Context<AppEnv>,
  source: (signal: AbortSignal) => AsyncIterable<string | SSEMessage>,
  onEnd: () => void,
): Response {
  const releaseSignal = context.var.holdSignal();
  const gone = new AbortController();
  const signal = AbortSignal.any([context.var.signal, gone.signal]);
  return streamSSE(context, async (stream) => {
    stream.onAbort(() =>
      gone.abort(new ServiceError("client_closed_request", "The client went away"))
    );
    const ended = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    try {
      for await (const event of source(signal)) {
        const message = typeof event === "string" ? { data: event } : event;
        // A client that reads slowly slows the source down; one that never reads ends it in time.
        await Promise.race([stream.writeSSE(message), ended.promise]);
        signal.throwIfAborted();
      }
    } catch (error) {
      if (gone.signal.aborted) return;
      const written = stream.writeSSE({ event: "error", data: describeError(error, context) });
      await waitAtMost(written, ERROR_WRITE_MS_MAX);
    } finally {
      releaseSignal();
      onEnd();
    }
  });
}

async function waitAtMost(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

function describeError(error: unknown, context: Context<AppEnv>): string {
  const { requestId } = context.var;
  if (!(error instanceof ServiceError)) {
    logger.error("Request {request_id} failed: {error}", { request_id: requestId, error });
  }
  const { code, message } = toErrorFields(error);
  return JSON.stringify({ error: message, code, request_id: requestId });
}
