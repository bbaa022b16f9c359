import { zValidator } from "@hono/zod-validator";
import { z } from "zod";
import { ServiceError } from "../lib/service_error.ts";

/**
 * Validates the query against a schema.
 *
 * @throws {ServiceError} `invalid_value` that lists each parameter and its rule
 */
export function validateQuery<Schema extends z.ZodObject>(schema: Schema) {
  return zValidator("query", schema, (result) => {
    if (result.success) return;
    const issues = result.error.issues.map((issue) => {
      const parameter = issue.path.join(".");
      return parameter ? `${parameter}: ${issue.message}` : issue.message;
    });
    throw new ServiceError("invalid_value", `Cannot read the query: ${issues.join("; ")}`);
  });
}
