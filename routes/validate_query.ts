import { zValidator } from "@hono/zod-validator";
import type { z } from "zod";
import { ServiceError } from "../lib/service_error.ts";
import { describeIssue } from "./describe_issue.ts";

/**
 * Validates the query against a schema.
 *
 * @throws {ServiceError} `invalid_value` that names the parameter, its rule and its value
 */
export function validateQuery<Schema extends z.ZodObject>(schema: Schema) {
  return zValidator("query", schema, (result) => {
    if (result.success) return;
    throw new ServiceError(
      "invalid_value",
      `Cannot read the query as ${describeIssue(result.error, result.data)}`,
    );
  });
}
