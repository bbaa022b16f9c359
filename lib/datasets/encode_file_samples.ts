import { parseNumberRows } from "../parse_number_rows.ts";
import { ServiceError } from "../service_error.ts";
import type { DatasetKind } from "../storage/datasets/datasets.ts";
import { encodeSeries, encodeVector } from "./encode_values.ts";
import { rejectSample, type SampleSource } from "./sample_source.ts";

/** Text of numbers that is parsed in one go; more would keep everything else waiting. */
const NUMBERS_BYTES_MAX = 4 * 1024 * 1024;
const LIMITS = { numbersMax: 1_000_000 };

/**
 * Makes samples out of files: pictures and texts are stored as they are; a series is CSV with a line
 * for each step, a vector is numbers between commas or line breaks.
 *
 * @param source files with their classes, as they came
 */
export async function* encodeFileSamples(source: SampleSource, kind: DatasetKind): SampleSource {
  for await (const sample of source) {
    if ("reason" in sample) {
      yield sample;
      continue;
    }
    try {
      yield { ...sample, bytes: encodeFile(sample.bytes, kind) };
    } catch (error) {
      yield rejectSample(sample.name, error);
    }
  }
}

function encodeFile(bytes: Uint8Array<ArrayBuffer>, kind: DatasetKind): Uint8Array<ArrayBuffer> {
  switch (kind) {
    case "image":
    case "text":
      return bytes;
    case "series":
      return encodeSeries(parseNumberRows(decodeNumbers(bytes), LIMITS));
    case "vector":
      return encodeVector(parseNumberRows(decodeNumbers(bytes), LIMITS).flat());
  }
}

function decodeNumbers(bytes: Uint8Array): string {
  if (bytes.length <= NUMBERS_BYTES_MAX) return new TextDecoder().decode(bytes);
  throw new ServiceError(
    "body_too_large",
    `Cannot read numbers as their text must have at most ${NUMBERS_BYTES_MAX} bytes: ${bytes.length}`,
  );
}
