import type { Context } from "hono";
import type { SampleUpload } from "../lib/datasets/receive_samples.ts";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";
import { isClientGone } from "./client_gone.ts";
import { refuseCompressed } from "./read_body.ts";

/**
 * Opens the body of a request, to be read as it arrives.
 *
 * @throws {ServiceError} `unsupported_media_type` if it is compressed; while it is read,
 *   `malformed_request` if it breaks off
 */
export function openUpload(
  context: Context<AppEnv>,
): Pick<SampleUpload, "body" | "contentType"> {
  refuseCompressed(context);
  const { body } = context.req.raw;
  return {
    body: body ? explainBreaks(body, context) : ReadableStream.from([]),
    contentType: context.req.header("Content-Type") ?? "",
  };
}

/** Tells a body that breaks off from a fault of the service. */
function explainBreaks(
  body: ReadableStream<Uint8Array>,
  context: Context<AppEnv>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.error(toServiceError(error, context));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function toServiceError(error: unknown, context: Context<AppEnv>): ServiceError {
  if (error instanceof ServiceError) return error;
  if (isClientGone(error, context)) {
    return new ServiceError("client_closed_request", "The client went away", { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new ServiceError("malformed_request", `Cannot read the body: ${reason}`, { cause: error });
}
