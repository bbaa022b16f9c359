import type { z } from "zod";
import { parseNumberRows } from "../lib/parse_number_rows.ts";
import { ServiceError } from "../lib/service_error.ts";
import type { InputValue } from "../models/inference_task.ts";
import type {
  ModelInput,
  SeriesModelInput,
  TextModelInput,
  VectorModelInput,
} from "../models/model_description.ts";
import { readSeriesBytes } from "../models/series_bytes.ts";
import { packSeries } from "../models/series_input.ts";
import { refuseLongText } from "../models/text_input.ts";
import { packVector } from "../models/vector_input.ts";
import {
  jsonImageSchema,
  jsonSeriesSchema,
  jsonTextSchema,
  jsonVectorSchema,
} from "./input_schemas.ts";

/** How the inputs of one kind of model are written in a body. */
export interface InputForm {
  /** The form of one input in JSON; it decides whether the request can be read at all. */
  schema: z.ZodType;
  /** Commas, colons and brackets that a JSON body may have. */
  jsonTokensMax: number;
  /**
   * One input out of a JSON body that has the form of the schema.
   *
   * @throws {ServiceError} if this input cannot be used; others may be
   */
  fromJson(value: unknown, index: number): InputValue;
  /**
   * One input out of the bytes of a body or a file.
   *
   * @throws {ServiceError} if this input cannot be used; others may be
   */
  fromBytes(bytes: Uint8Array<ArrayBuffer>): InputValue;
  /**
   * One input out of a body of float32 little endian, where the kind of model takes it.
   *
   * @throws {ServiceError} if this input cannot be used
   */
  fromFloats?(bytes: Uint8Array<ArrayBuffer>, shape: readonly number[]): InputValue;
}

/** Structural characters that one input takes besides its values, generously counted. */
const TOKENS_PER_INPUT = 8;
/** Bytes of a number in CSV text with its comma, generously counted. */
const BYTES_PER_NUMBER = 32;
/** All series of a JSON or CSV body together: parsing so many numbers takes about 50 ms. */
const SERIES_TOKENS_MAX = 500_000;
/** UTF-8 takes up to 4 bytes for a character, and folding may shorten text. */
const BYTES_PER_CHARACTER = 16;

/**
 * The form of the inputs that a model takes.
 *
 * @param inputsMax most inputs in a body
 */
export function inputForm(input: ModelInput, inputsMax: number): InputForm {
  const jsonTokensMax = (inputsMax + 1) * TOKENS_PER_INPUT;
  switch (input.kind) {
    case "image":
      return imageForm(jsonTokensMax);
    case "text":
      return textForm(input, jsonTokensMax);
    case "series":
      return seriesForm(input, inputsMax);
    case "vector":
      return vectorForm(input, inputsMax);
  }
}

function imageForm(jsonTokensMax: number): InputForm {
  return {
    schema: jsonImageSchema,
    jsonTokensMax,
    fromJson: (value, index) => ({
      kind: "image",
      bytes: decodeBase64(value as z.infer<typeof jsonImageSchema>, index),
    }),
    fromBytes: (bytes) => ({ kind: "image", bytes }),
  };
}

function textForm(input: TextModelInput, jsonTokensMax: number): InputForm {
  return {
    schema: jsonTextSchema,
    jsonTokensMax,
    fromJson(value) {
      const text = value as string;
      refuseLongText(text, input);
      return { kind: "text", text };
    },
    fromBytes: (bytes) => ({
      kind: "text",
      text: decodeText(bytes, input.charactersMax * BYTES_PER_CHARACTER),
    }),
  };
}

function seriesForm(input: SeriesModelInput, inputsMax: number): InputForm {
  const { channels, stepsMax } = input;
  const tokensPerSeries = TOKENS_PER_INPUT + stepsMax * (channels + 1);
  return {
    schema: jsonSeriesSchema,
    jsonTokensMax: Math.min((inputsMax + 1) * tokensPerSeries, SERIES_TOKENS_MAX),
    fromJson: (value) => ({ kind: "series", values: packSeries(value, input) }),
    fromBytes(bytes) {
      const text = decodeText(bytes, stepsMax * channels * BYTES_PER_NUMBER);
      // One step and one channel too many are named by their place.
      const numbersMax = Math.min((stepsMax + 1) * (channels + 1), SERIES_TOKENS_MAX);
      return { kind: "series", values: packSeries(parseNumberRows(text, { numbersMax }), input) };
    },
    fromFloats: (bytes, shape) => ({
      kind: "series",
      values: readSeriesBytes(bytes, input, { shape }),
    }),
  };
}

/** A vector may also come as one line of CSV. */
function vectorForm(input: VectorModelInput, inputsMax: number): InputForm {
  const { length } = input;
  return {
    schema: jsonVectorSchema,
    jsonTokensMax: (inputsMax + 1) * (TOKENS_PER_INPUT + length),
    fromJson: (value) => ({ kind: "vector", values: packVector(value, input) }),
    fromBytes(bytes) {
      const text = decodeText(bytes, length * BYTES_PER_NUMBER);
      // Somewhat more than fits, as the next check says best how many there are.
      const rows = parseNumberRows(text, { numbersMax: 2 * (length + 1) });
      return { kind: "vector", values: packVector(rows.flat(), input) };
    },
  };
}

function decodeBase64(image: z.infer<typeof jsonImageSchema>, index: number) {
  const text = typeof image === "string" ? image : image.b64;
  const base64 = text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text;
  const alphabet = /[-_]/.test(base64) ? "base64url" : "base64";
  try {
    return Uint8Array.fromBase64(base64, { alphabet });
  } catch {
    const message = `Cannot read input ${index} as it must be base64: it starts with ` +
      JSON.stringify(base64.slice(0, 16));
    throw new ServiceError("malformed_request", message);
  }
}

function decodeText(bytes: Uint8Array<ArrayBuffer>, bytesMax: number): string {
  if (bytes.length > bytesMax) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read the input as it must have at most ${bytesMax} bytes: it has ${bytes.length}`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ServiceError("malformed_request", "Cannot read the input as it must be UTF-8 text");
  }
}
