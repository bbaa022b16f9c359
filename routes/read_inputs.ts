import type { Context } from "hono";
import { z } from "zod";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";
import { jsonBodySchema } from "./schemas.ts";

/** One encoded picture of a request. */
export interface EncodedInput {
  /** The file's name, where the client gave one. */
  name?: string;
  /** The whole of its buffer, so that the buffer can move to a worker. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** The pictures of a request, and whether the answer is a list. */
export interface RequestInputs {
  inputs: EncodedInput[];
  isList: boolean;
}

/**
 * Reads the body: JSON (`inputs` or `instances`), multipart files, or, whatever else its type says,
 * the bytes of one picture.
 *
 * @throws {ServiceError} `malformed_request` if it cannot be read, `invalid_value` if it has no
 *   inputs or more than `inputsMax`
 */
export async function readInputs(
  context: Context<AppEnv>,
  { inputsMax }: { inputsMax: number },
): Promise<RequestInputs> {
  const type = context.req.header("Content-Type")?.toLowerCase() ?? "";
  const read = type.startsWith("application/json")
    ? readJson(context)
    : type.startsWith("multipart/form-data")
    ? readMultipart(context)
    : readRaw(context);
  const { inputs, isList } = await read;
  if (inputs.length < 1 || inputs.length > inputsMax) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read inputs as there must be 1 to ${inputsMax}: current number is ${inputs.length}`,
    );
  }
  const empty = inputs.findIndex(({ bytes }) => bytes.length === 0);
  if (empty >= 0 && !isList) {
    throw new ServiceError("malformed_request", "Cannot read the input as it is empty");
  }
  return { inputs, isList };
}

async function readRaw(context: Context<AppEnv>): Promise<RequestInputs> {
  const bytes = new Uint8Array(await readBody(() => context.req.arrayBuffer()));
  return { inputs: [{ bytes }], isList: false };
}

async function readMultipart(context: Context<AppEnv>): Promise<RequestInputs> {
  const form = await readBody(() => context.req.formData());
  const inputs: EncodedInput[] = [];
  for (const [field, value] of form) {
    if (typeof value === "string") {
      throw new ServiceError(
        "malformed_request",
        `Cannot read part "${field}" as it must be a file`,
      );
    }
    inputs.push({ name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  return { inputs, isList: inputs.length > 1 };
}

async function readJson(context: Context<AppEnv>): Promise<RequestInputs> {
  const result = jsonBodySchema.safeParse(await readBody(() => context.req.json()));
  if (!result.success) {
    throw new ServiceError("invalid_value", `Cannot read inputs: ${z.prettifyError(result.error)}`);
  }
  const isList = "instances" in result.data;
  const images = "instances" in result.data ? result.data.instances : [result.data.inputs];
  const inputs = images.map((image, index) => ({
    bytes: decodeBase64(typeof image === "string" ? image : image.b64, index),
  }));
  return { inputs, isList };
}

/** A body that breaks off or does not parse is the client's fault. */
async function readBody<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("malformed_request", `Cannot read the body: ${reason}`);
  }
}

function decodeBase64(text: string, index: number): Uint8Array<ArrayBuffer> {
  const comma = text.startsWith("data:") ? text.indexOf(",") + 1 : 0;
  try {
    return Uint8Array.fromBase64(text.slice(comma));
  } catch {
    throw new ServiceError("malformed_request", `Cannot read input ${index} as it must be base64`);
  }
}
