import type { Context } from "hono";
import { ServiceError } from "../lib/service_error.ts";
import type { InputValue } from "../models/inference_task.ts";
import type { ModelInput } from "../models/model_description.ts";
import type { AppEnv } from "./app_env.ts";
import { isJson, readBody, type RequestBody } from "./read_body.ts";
import { type InputForm, inputForm } from "./input_forms.ts";
import { readJsonInputs } from "./json_inputs.ts";
import { readMultipartFiles } from "./multipart_files.ts";
import { BINARY } from "./packed_vectors.ts";
import { readShape, SHAPE_HEADER } from "./shape_header.ts";
import { readState, STATE_HEADER } from "./state_header.ts";

/** One input of a request, or why it cannot be one. */
export type RequestInput =
  & {
    /** The file's name, where the client gave one. */
    name?: string;
  }
  & ({ value: InputValue } | { error: ServiceError });

/** The inputs of a request, and whether the answer is a list. */
export interface RequestInputs {
  inputs: RequestInput[];
  isList: boolean;
  /** The state strings that came along, each at the place of its input. */
  states?: readonly (string | undefined)[] | undefined;
  /** Whether the body asks for the state after the input, where it says so. */
  returnState?: boolean | undefined;
}

/**
 * Reads the body: JSON (`inputs` or `instances`), multipart files, or, whatever else its type says,
 * one input: the bytes of a picture, text, or a series as CSV. Of a model of series, a body of type
 * `application/octet-stream` is float32 little endian, and a header tells its shape.
 *
 * @throws {ServiceError} `malformed_request` if it cannot be read, `invalid_value` if it has no
 *   inputs or more than `inputsMax`, `unsupported_media_type` if it is compressed
 */
export async function readInputs(
  context: Context<AppEnv>,
  { input, inputsMax, carriesState }: {
    input: ModelInput;
    inputsMax: number;
    /** Whether the state of a sequence may come along; default: no. */
    carriesState?: boolean | undefined;
  },
): Promise<RequestInputs> {
  const body = await readBody(context);
  const form = inputForm(input, inputsMax);
  const read: RequestInputs = isJson(body.mediaType)
    ? readJsonInputs(body.bytes, form, { carriesState })
    : body.mediaType === "multipart/form-data"
    ? readFiles(await readMultipartFiles(body, { inputsMax }), form)
    : {
      inputs: [readOne(context, body, form)],
      isList: false,
      ...(carriesState && readStates(context)),
    };
  const { inputs } = read;
  if (inputs.length < 1 || inputs.length > inputsMax) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read inputs as there must be 1 to ${inputsMax}: current number is ${inputs.length}`,
    );
  }
  return { ...read, inputs: inputs.map(refuseEmpty) };
}

/** The input, or the error of this one input, as the others may be good. */
export function tryRead(read: () => InputValue): RequestInput {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof ServiceError) return { error };
    throw error;
  }
}

function readFiles(
  files: { name: string; bytes: Uint8Array<ArrayBuffer> }[],
  form: InputForm,
): RequestInputs {
  const inputs = files.map(({ name, bytes }) => ({ name, ...readBytes(bytes, form) }));
  return { inputs, isList: files.length > 1 };
}

function readOne(
  context: Context<AppEnv>,
  { bytes, mediaType }: RequestBody,
  form: InputForm,
): RequestInput {
  const { fromFloats } = form;
  if (mediaType !== BINARY || !fromFloats) return readBytes(bytes, form);
  const shape = readShape(context.req.header(SHAPE_HEADER));
  return tryRead(() => fromFloats(bytes, shape));
}

function readStates(context: Context<AppEnv>): Pick<RequestInputs, "states"> {
  return { states: [readState(context.req.header(STATE_HEADER))] };
}

function readBytes(bytes: Uint8Array<ArrayBuffer>, form: InputForm): RequestInput {
  return tryRead(() => form.fromBytes(bytes));
}

function refuseEmpty(input: RequestInput, index: number): RequestInput {
  if ("error" in input || input.value.kind !== "image" || input.value.bytes.length > 0) {
    return input;
  }
  const message = `Cannot read input ${index} as it must have at least 1 byte: it is empty`;
  return { ...input, error: new ServiceError("malformed_request", message) };
}
