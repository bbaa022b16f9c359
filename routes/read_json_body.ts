import type { Context } from "hono";
import type { z } from "zod";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";
import { describeIssue } from "./describe_issue.ts";
import { parseJson } from "./json_inputs.ts";
import { readBody } from "./read_body.ts";

/**
 * Reads a JSON body of the form that a schema says.
 *
 * @param tokensMax commas, colons and brackets that the body may have
 * @throws {ServiceError} `malformed_request` if it is not JSON, `invalid_value` if it breaks a rule
 */
export async function readJsonBody<Schema extends z.ZodType>(
  context: Context<AppEnv>,
  { schema, tokensMax }: { schema: Schema; tokensMax: number },
): Promise<z.output<Schema>> {
  const json = parseJson((await readBody(context)).bytes, tokensMax);
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = describeIssue(result.error, json);
  const param = result.error.issues[0]?.path.join(".") || undefined;
  throw new ServiceError("invalid_value", `Cannot read the body as ${issue}`, { param });
}
