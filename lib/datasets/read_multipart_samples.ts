import {
  MaxFileSizeExceededError,
  MaxTotalSizeExceededError,
  MultipartParseError,
  type MultipartPart,
  parseMultipartStream,
} from "@remix-run/multipart-parser";
import { ServiceError } from "../service_error.ts";
import { cleanSampleName, readClassName } from "./sample_names.ts";
import { rejectSample, type SampleSource } from "./sample_source.ts";

/** What {@linkcode readMultipartSamples} needs. */
export interface ReadMultipartSamplesOptions {
  /** The request's header, which names the boundary. */
  contentType: string;
  /** Most parts. */
  partsMax: number;
  /** Most bytes of one part. */
  partBytesMax: number;
  /** Most bytes of all parts together. */
  totalBytesMax: number;
}

/**
 * Reads a multipart body as it arrives: the name of a field is the class, its file or text the
 * sample. One part is in memory at a time.
 *
 * @throws {ServiceError} `malformed_request` when it cannot be parsed or breaks off,
 * `body_too_large` beyond a limit
 */
export async function* readMultipartSamples(
  stream: ReadableStream<Uint8Array>,
  { contentType, partsMax, partBytesMax, totalBytesMax }: ReadMultipartSamplesOptions,
): SampleSource {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) {
    throw new ServiceError("malformed_request", "Cannot read the body as its type has no boundary");
  }
  const parts = parseMultipartStream(stream, {
    boundary,
    maxParts: partsMax,
    maxFileSize: partBytesMax,
    maxTotalSize: totalBytesMax,
  });
  let number = 0;
  try {
    for await (const part of parts) {
      number++;
      let name = `part ${number}`;
      try {
        const head = readHead(part);
        name = cleanSampleName(head.fileName || name);
        yield { name, class: readClassName(head.field), bytes: copyContent(part) };
      } catch (error) {
        yield rejectSample(name, error);
      }
    }
  } catch (error) {
    throw toServiceError(error);
  }
}

/** The parser decodes the head of a part only now, and throws what the decoder throws. */
function readHead(part: MultipartPart): { fileName: string; field: string } {
  try {
    return { fileName: part.filename ?? "", field: part.name ?? "" };
  } catch (error) {
    const message = "Cannot read part as its names must be UTF-8";
    throw new ServiceError("invalid_sample", message, { cause: error });
  }
}

/** The parser's chunks are views of what was received; the sample outlives that. */
function copyContent(part: MultipartPart): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(part.size);
  let at = 0;
  for (const chunk of part.content) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function toServiceError(error: unknown): unknown {
  if (!(error instanceof MultipartParseError)) return error;
  const isTooLarge = error instanceof MaxFileSizeExceededError ||
    error instanceof MaxTotalSizeExceededError;
  return new ServiceError(
    isTooLarge ? "body_too_large" : "malformed_request",
    `Cannot read the body as multipart: ${error.message}`,
    { cause: error },
  );
}
