import type { Context } from "hono";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";
import { isClientGone } from "./client_gone.ts";
import { readJsonInputs } from "./json_inputs.ts";
import { readMultipartInputs } from "./multipart_inputs.ts";

/** One input of a request: an encoded picture, or why it cannot be one. */
export type RequestInput =
  & {
    /** The file's name, where the client gave one. */
    name?: string;
  }
  & (
    /** The whole of its buffer, so that the buffer can move to a worker. */
    | { bytes: Uint8Array<ArrayBuffer> }
    | { error: ServiceError }
  );

/** The inputs of a request, and whether the answer is a list. */
export interface RequestInputs {
  inputs: RequestInput[];
  isList: boolean;
}

/**
 * Reads the body: JSON (`inputs` or `instances`), multipart files, or, whatever else its type says,
 * the bytes of one picture.
 *
 * @throws {ServiceError} `malformed_request` if it cannot be read, `invalid_value` if it has no
 *   inputs or more than `inputsMax`, `unsupported_media_type` if it is compressed
 */
export async function readInputs(
  context: Context<AppEnv>,
  { inputsMax }: { inputsMax: number },
): Promise<RequestInputs> {
  const encoding = context.req.header("Content-Encoding") ?? "identity";
  if (encoding !== "identity") {
    throw new ServiceError(
      "unsupported_media_type",
      `Cannot read the body as its Content-Encoding must be identity: current value is ${encoding}`,
    );
  }
  const contentType = context.req.header("Content-Type") ?? "";
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  const bytes = await readBody(context);
  const { inputs, isList } = mediaType === "application/json" || mediaType.endsWith("+json")
    ? readJsonInputs(bytes, { inputsMax })
    : mediaType === "multipart/form-data"
    ? await readMultipartInputs(bytes, { contentType, inputsMax })
    : { inputs: [{ bytes }], isList: false };
  if (inputs.length < 1 || inputs.length > inputsMax) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read inputs as there must be 1 to ${inputsMax}: current number is ${inputs.length}`,
    );
  }
  return { inputs: inputs.map(refuseEmpty), isList };
}

async function readBody(context: Context<AppEnv>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await context.req.arrayBuffer());
  } catch (error) {
    if (isClientGone(error, context)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("malformed_request", `Cannot read the body: ${reason}`);
  }
}

function refuseEmpty(input: RequestInput, index: number): RequestInput {
  if ("error" in input || input.bytes.length > 0) return input;
  const message = `Cannot read input ${index} as it must have at least 1 byte: it is empty`;
  return { ...input, error: new ServiceError("malformed_request", message) };
}
