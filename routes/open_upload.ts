import type { Context } from "hono";
import type { Config } from "../lib/config/config.ts";
import type { SampleUpload } from "../lib/datasets/receive_samples.ts";
import type { AppEnv } from "./app_env.ts";
import { toBodyError } from "./body_error.ts";
import { discardBody } from "./discard_body.ts";
import { refuseCompressed } from "./read_body.ts";

/** A body that is read as it arrives. What is not read of it is discarded in the end. */
export type OpenUpload = Pick<SampleUpload, "body" | "contentType"> & AsyncDisposable;

/**
 * Opens the body of a request, to be read as it arrives.
 *
 * @param limits how much is discarded, and for how long, of a body that is refused halfway
 * @throws {ServiceError} `unsupported_media_type` if it is compressed; while it is read,
 *   `malformed_request` if it breaks off, `client_closed_request` if the client goes away
 */
export function openUpload(context: Context<AppEnv>, limits: Config): OpenUpload {
  refuseCompressed(context);
  const body = context.req.raw.body ?? ReadableStream.from<Uint8Array>([]);
  const reader = body.getReader();
  let isOver = false;
  return {
    contentType: context.req.header("Content-Type") ?? "",
    body: new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          isOver = done;
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          isOver = true;
          controller.error(toBodyError(error, context));
        }
      },
      // Without `cancel`: the connection would break before the client has its answer.
    }),
    async [Symbol.asyncDispose]() {
      reader.releaseLock();
      if (isOver) return;
      // Nobody waits for the answer to a request that has ended.
      if (context.var.signal.aborted) return await body.cancel();
      const { bodyBytesMax: bytesMax, requestTimeoutMs: timeoutMs } = limits;
      await discardBody(body, { bytesMax, timeoutMs });
    },
  };
}
