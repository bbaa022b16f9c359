import type { Context } from "hono";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";
import { describeIssue } from "./describe_issue.ts";
import { type ImportFields, importFieldsSchema } from "./import_schemas.ts";
import { readMultipartForm } from "./multipart_files.ts";
import { readBody } from "./read_body.ts";

/** A model file, and what its sender says of it. */
export interface SentModel {
  bytes: Uint8Array<ArrayBuffer>;
  fields: ImportFields;
}

/** Parts of a form: the file, and every field. */
const PARTS_MAX = 16;

/**
 * Reads a model that is sent: the file as the body, or a form with the file and fields. What the
 * query says goes for both; a field goes before it.
 *
 * @throws {ServiceError} `malformed_request` if the body cannot be read or has not one file,
 *   `invalid_value` if a field breaks its rule
 */
export async function readImport(context: Context<AppEnv>): Promise<SentModel> {
  const body = await readBody(context);
  const query = context.req.query();
  if (body.mediaType !== "multipart/form-data") {
    if (body.bytes.length > 0) return { bytes: body.bytes, fields: readFields(query) };
    throw new ServiceError("malformed_request", "Cannot import a model as the body is empty");
  }
  const texts: Record<string, string> = {};
  const files: File[] = [];
  for (const [field, value] of await readMultipartForm(body, { partsMax: PARTS_MAX })) {
    if (typeof value === "string") texts[field] = value;
    else files.push(value);
  }
  const [file] = files;
  if (!file || files.length > 1) {
    throw new ServiceError(
      "malformed_request",
      `Cannot import a model as the form must have one file: it has ${files.length}`,
    );
  }
  const fields = readFields({ ...query, ...texts });
  return { bytes: new Uint8Array(await file.arrayBuffer()), fields };
}

function readFields(texts: Record<string, string>): ImportFields {
  const result = importFieldsSchema.safeParse(texts);
  if (result.success) return result.data;
  const issue = describeIssue(result.error, texts);
  throw new ServiceError("invalid_value", `Cannot import a model as ${issue}`);
}
