import { Buffer } from "node:buffer";
import { ServiceError } from "../lib/service_error.ts";
import type { RequestBody } from "./read_body.ts";

/** A file of a multipart body. */
export interface MultipartFile {
  /** As the client gave it. */
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the files of a multipart body, under any field names.
 *
 * @param body its content type names the boundary
 * @throws {ServiceError} `malformed_request` if it cannot be parsed or a part is not a file,
 *   `invalid_value` if it has more than `inputsMax` parts
 */
export async function readMultipartFiles(
  body: Pick<RequestBody, "bytes" | "contentType">,
  { inputsMax }: { inputsMax: number },
): Promise<MultipartFile[]> {
  const form = await readMultipartForm(body, { partsMax: inputsMax });
  const files: MultipartFile[] = [];
  for (const [field, value] of form) {
    if (typeof value === "string") {
      throw new ServiceError(
        "malformed_request",
        `Cannot read part ${
          JSON.stringify(field.slice(0, 60))
        } as it must be a file: it has no file name`,
      );
    }
    files.push({ name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  if (files.length === 0) {
    throw new ServiceError(
      "malformed_request",
      "Cannot read the body as it must have a file: none",
    );
  }
  return files;
}

/**
 * Reads a multipart body whose parts may be fields or files.
 *
 * @param body its content type names the boundary
 * @throws {ServiceError} `malformed_request` if it cannot be parsed, `invalid_value` if it has more
 *   than `partsMax` parts
 */
export async function readMultipartForm(
  { bytes, contentType }: Pick<RequestBody, "bytes" | "contentType">,
  { partsMax }: { partsMax: number },
): Promise<FormData> {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) {
    throw new ServiceError("malformed_request", "Cannot read the body as its type has no boundary");
  }
  // Every part costs the parser about 40 microseconds, so they are counted before it starts.
  if (countParts(bytes, `--${boundary}`, partsMax) > partsMax) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read the body as it must have at most ${partsMax} parts: it has more`,
    );
  }
  return await parseForm(bytes, contentType);
}

/** Counts delimiters up to one more than is allowed; the last of them ends the body. */
function countParts(bytes: Uint8Array<ArrayBuffer>, delimiter: string, partsMax: number): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let delimiters = 0;
  for (let at = buffer.indexOf(delimiter); at >= 0; at = buffer.indexOf(delimiter, at + 1)) {
    if (++delimiters > partsMax + 1) break;
  }
  return delimiters - 1;
}

async function parseForm(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "Content-Type": contentType } }).formData();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("malformed_request", `Cannot read the body as multipart: ${reason}`);
  }
}
