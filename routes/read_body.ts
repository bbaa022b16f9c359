import type { Context } from "hono";
import { ServiceError } from "../lib/service_error.ts";
import { untilAborted } from "../lib/until_aborted.ts";
import type { AppEnv } from "./app_env.ts";
import { toBodyError } from "./body_error.ts";

/** A body that was received whole. */
export interface RequestBody {
  bytes: Uint8Array<ArrayBuffer>;
  /** The header as it came, or nothing. */
  contentType: string;
  /** Its first part in lower case: `image/jpeg`. */
  mediaType: string;
}

/**
 * Receives the body, and waits for it no longer than the request may take: a client that stops in the
 * middle of its body must not hold what its request holds.
 *
 * @throws {ServiceError} `malformed_request` if it breaks off, `client_closed_request` if the client
 *   goes away, `unsupported_media_type` if it is compressed
 */
export async function readBody(context: Context<AppEnv>): Promise<RequestBody> {
  refuseCompressed(context);
  const contentType = context.req.header("Content-Type") ?? "";
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  return { bytes: await receive(context), contentType, mediaType };
}

/**
 * Refuses a body that is compressed as a whole.
 *
 * @throws {ServiceError} `unsupported_media_type`
 */
export function refuseCompressed(context: Context<AppEnv>): void {
  const encoding = context.req.header("Content-Encoding") ?? "identity";
  if (encoding === "identity") return;
  throw new ServiceError(
    "unsupported_media_type",
    `Cannot read the body as its Content-Encoding must be identity: current value is ${encoding}`,
  );
}

/** True for `application/json` and the types that are built on it. */
export function isJson(mediaType: string): boolean {
  return mediaType === "application/json" || mediaType.endsWith("+json");
}

async function receive(context: Context<AppEnv>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await untilAborted(context.req.arrayBuffer(), context.var.signal));
  } catch (error) {
    throw toBodyError(error, context);
  }
}
