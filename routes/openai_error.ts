import { z } from "zod";
import { ERROR_CODES, type ServiceError } from "../lib/service_error.ts";

const OPENAI_PATHS = "/v1/fine_tuning/";

/** The form of errors on paths that OpenAI's clients call. */
export const openAiErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum(["invalid_request_error", "rate_limit_error", "server_error"]),
    param: z.string().nullable().meta({ description: "The parameter at fault, where one is" }),
    code: z.enum(ERROR_CODES),
  }),
}).meta({ id: "OpenAiError" });

/** True where errors have OpenAI's form. */
export function isOpenAiPath(path: string): boolean {
  return path.startsWith(OPENAI_PATHS);
}

/** An error in OpenAI's form. */
export function describeOpenAiError(
  { message, code, param }: ServiceError,
  status: number,
): z.infer<typeof openAiErrorSchema> {
  const type = status >= 500
    ? "server_error"
    : status === 429
    ? "rate_limit_error"
    : "invalid_request_error";
  return { error: { message, type, param: param ?? null, code } };
}
