import type { z } from "zod";
import { hasMoreJsonTokens } from "../lib/json_tokens.ts";
import { ServiceError } from "../lib/service_error.ts";
import { describeIssue } from "./describe_issue.ts";
import type { InputForm } from "./input_forms.ts";
import { jsonBodySchema, jsonClassifySchema } from "./input_schemas.ts";
import { type RequestInputs, tryRead } from "./read_inputs.ts";

/**
 * Reads a JSON body: `inputs` or `instances`, each of the form that the model takes.
 *
 * @param bytes the body
 * @param carriesState whether the state of a sequence may come along
 * @throws {ServiceError} `malformed_request` if it is not JSON, `invalid_value` if it has another
 *   form or far more values than the form allows
 */
export function readJsonInputs(
  bytes: Uint8Array,
  form: InputForm,
  { carriesState = false }: { carriesState?: boolean | undefined } = {},
): RequestInputs {
  const json = parseJson(bytes, form.jsonTokensMax);
  const schema = carriesState ? jsonClassifySchema(form.schema) : jsonBodySchema(form.schema);
  const result = schema.safeParse(json);
  if (!result.success) {
    const issue = describeIssue(result.error, json);
    throw new ServiceError("invalid_value", `Cannot read the body as ${issue}`);
  }
  const body: z.infer<ReturnType<typeof jsonClassifySchema>> = result.data;
  const { inputs, instances, state, states, return_state } = body;
  const values = inputs === undefined ? instances ?? [] : [inputs];
  return {
    inputs: values.map((value, index) => tryRead(() => form.fromJson(value, index))),
    isList: inputs === undefined,
    states: inputs === undefined ? states?.map((each) => each ?? undefined) : [state],
    returnState: return_state,
  };
}

/**
 * Parses a JSON body after a look at how many values it may hold.
 *
 * @throws {ServiceError} `malformed_request` if it is not JSON, `invalid_value` if it has more than
 *   `tokensMax` commas, colons and brackets
 */
export function parseJson(bytes: Uint8Array, tokensMax: number): unknown {
  if (hasMoreJsonTokens(bytes, tokensMax)) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read the body as it must have at most ${tokensMax} values: it has more`,
    );
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("malformed_request", `Cannot read the body as JSON: ${reason}`);
  }
}
