import { hasMoreJsonTokens } from "../json_tokens.ts";
import { ServiceError } from "../service_error.ts";
import { showValue } from "../show_value.ts";
import type { NewSample } from "../storage/datasets/add_samples.ts";
import type { DatasetKind } from "../storage/datasets/datasets.ts";
import { encodeSeries, encodeVector } from "./encode_values.ts";
import { cleanSampleName, readClassName } from "./sample_names.ts";
import { rejectSample, type SampleSource, SHOWN_CHARACTERS_MAX } from "./sample_source.ts";
import { splitLines } from "./split_lines.ts";

/** What {@linkcode readNdjsonSamples} needs. */
export interface ReadNdjsonSamplesOptions {
  /** What the samples of the dataset are. */
  kind: DatasetKind;
  /** Most bytes of a line. */
  lineBytesMax: number;
}

/** Lines up to this length take milliseconds to parse, whatever they hold. */
const UNCOUNTED_LENGTH_MAX = 64 * 1024;
/** Commas, colons and brackets of a line whose sample is one text. */
const TEXT_TOKENS_MAX = 64;

/**
 * Reads newline-delimited JSON: on each line an object with `class` (or `label`), perhaps `name`,
 * and the sample under the name of the dataset's kind: `image` in base64, `text`, `series` (numbers,
 * or a list of numbers for each step) or `vector`. Empty lines are passed over.
 *
 * @throws {ServiceError} `body_too_large` when a line is too long, `malformed_request` when it is not
 * UTF-8
 */
export async function* readNdjsonSamples(
  stream: ReadableStream<Uint8Array>,
  { kind, lineBytesMax }: ReadNdjsonSamplesOptions,
): SampleSource {
  let number = 0;
  for await (const line of splitLines(stream, lineBytesMax)) {
    number++;
    if (line.trim() === "") continue;
    const name = `line ${number}`;
    try {
      yield readSample(line, { kind, name });
    } catch (error) {
      yield rejectSample(name, error);
    }
  }
}

function readSample(
  line: string,
  { kind, name }: { kind: DatasetKind; name: string },
): NewSample {
  if (kind === "image") refuseManyValues(line);
  const fields = parseObject(line);
  const className = fields.class ?? fields.label;
  if (typeof className !== "string") throw wrongField("class", "a text", className);
  return {
    name: typeof fields.name === "string" ? cleanSampleName(fields.name) : name,
    class: readClassName(className),
    bytes: readContent(kind, fields[kind]),
  };
}

/** A picture makes a line long, so that one without a picture could hold millions of values. */
function refuseManyValues(line: string): void {
  if (line.length <= UNCOUNTED_LENGTH_MAX) return;
  if (!hasMoreJsonTokens(new TextEncoder().encode(line), TEXT_TOKENS_MAX)) return;
  throw new ServiceError(
    "invalid_sample",
    `Cannot read line as a long one must have at most ${TEXT_TOKENS_MAX} values: it has more`,
  );
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ServiceError(
      "invalid_sample",
      `Cannot read line as JSON: ${(error as Error).message}`,
    );
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new ServiceError("invalid_sample", "Cannot read line as it must be an object");
}

function readContent(kind: DatasetKind, value: unknown): Uint8Array<ArrayBuffer> {
  switch (kind) {
    case "image":
      return decodeBase64(value);
    case "text":
      if (typeof value !== "string") throw wrongField(kind, "a text", value);
      return encodeText(value);
    case "series":
      if (!Array.isArray(value)) throw wrongField(kind, "a list", value);
      return encodeSeries(value);
    case "vector":
      if (!Array.isArray(value)) throw wrongField(kind, "a list of numbers", value);
      return encodeVector(value);
  }
}

/** An escape such as \ud800 alone is half of a character, which UTF-8 would replace. */
function encodeText(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  throw new ServiceError(
    "invalid_sample",
    'Cannot read sample as "text" must be whole characters: it has half of a surrogate pair',
  );
}

function decodeBase64(value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value !== "string") throw wrongField("image", "a text in base64", value);
  try {
    return Uint8Array.fromBase64(value);
  } catch {
    throw new ServiceError("invalid_sample", 'Cannot read sample as "image" must be base64');
  }
}

function wrongField(field: string, rule: string, value: unknown): ServiceError {
  return new ServiceError(
    "invalid_sample",
    `Cannot read sample as "${field}" must be ${rule}: ${showValue(value, SHOWN_CHARACTERS_MAX)}`,
  );
}
