import { CsvError, parse } from "csv-parse";
import { Readable } from "node:stream";
import { ServiceError } from "../service_error.ts";
import type { NewSample } from "../storage/datasets/add_samples.ts";
import type { DatasetKind } from "../storage/datasets/datasets.ts";
import { encodeSeries, encodeVector } from "./encode_values.ts";
import { cleanSampleName, readClassName } from "./sample_names.ts";
import { rejectSample, type SampleSource } from "./sample_source.ts";

/** What {@linkcode readCsvSamples} needs. */
export interface ReadCsvSamplesOptions {
  /** What the samples of the dataset are; images do not come as CSV. */
  kind: Exclude<DatasetKind, "image">;
  /** Most characters of a record. */
  recordLengthMax: number;
}

/** Where a table has what. */
interface Columns {
  /** How many there are. */
  count: number;
  class: number;
  name: number | undefined;
  /** The column of the text; unset where all others hold numbers. */
  text: number | undefined;
}

/** Room for any feature vector, such as a map of 7 x 7 x 2,048 as one row. */
const COLUMNS_MAX = 131_072;

/**
 * Reads CSV (RFC 4180, UTF-8) whose first record names the columns: `class` (or `label`), perhaps
 * `name`, and `text` for texts; for series and vectors all other columns are numbers, in their order.
 * A series may end early: empty fields at its end do not count.
 *
 * @throws {ServiceError} `malformed_request` when it is no CSV, or a column is missing;
 * `invalid_value` when there are too many columns; `body_too_large` when a record is too long
 */
export async function* readCsvSamples(
  stream: ReadableStream<Uint8Array>,
  { kind, recordLengthMax }: ReadCsvSamplesOptions,
): SampleSource {
  let columns: Columns | undefined;
  let number = 0;
  for await (const record of readRecords(stream, recordLengthMax)) {
    number++;
    if (columns === undefined) {
      columns = findColumns(record, kind);
      continue;
    }
    const name = `record ${number}`;
    try {
      yield readSample(record, { columns, kind, name });
    } catch (error) {
      yield rejectSample(name, error);
    }
  }
}

async function* readRecords(
  stream: ReadableStream<Uint8Array>,
  recordLengthMax: number,
): AsyncGenerator<string[]> {
  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: recordLengthMax,
    // To find out which one it is takes ten times as long as to read the fields of a long first record.
    record_delimiter: ["\r\n", "\n", "\r"],
  });
  const source = Readable.from(stream, { objectMode: false });
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const record of parser) yield record;
  } catch (error) {
    throw toServiceError(error);
  } finally {
    source.destroy();
  }
}

function toServiceError(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error;
  return new ServiceError(
    error.code === "CSV_MAX_RECORD_SIZE" ? "body_too_large" : "malformed_request",
    `Cannot read the body as CSV: ${error.message.slice(0, 200)}`,
    { cause: error },
  );
}

function findColumns(header: readonly string[], kind: DatasetKind): Columns {
  const count = header.length;
  if (count > COLUMNS_MAX) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read the body as CSV as it must have at most ${COLUMNS_MAX} columns: it has ${count}`,
    );
  }
  const names = header.map((name) => name.trim().toLowerCase());
  const find = (...wanted: string[]) => names.findIndex((name) => wanted.includes(name));
  const classColumn = find("class", "label");
  if (classColumn < 0) throw missingColumn("class", names);
  const name = find("name");
  const text = find("text");
  if (kind === "text" && text < 0) throw missingColumn("text", names);
  return {
    count,
    class: classColumn,
    name: name < 0 ? undefined : name,
    text: kind === "text" ? text : undefined,
  };
}

function missingColumn(name: string, found: readonly string[]): ServiceError {
  return new ServiceError(
    "malformed_request",
    `Cannot read the body as CSV as its first record must name a column "${name}": ` +
      JSON.stringify(found).slice(0, 200),
  );
}

function readSample(
  record: readonly string[],
  { columns, kind, name }: { columns: Columns; kind: DatasetKind; name: string },
): NewSample {
  const length = record.findLastIndex((field) => field !== "") + 1;
  if (length > columns.count) {
    throw new ServiceError(
      "invalid_sample",
      `Cannot read sample as it must have at most ${columns.count} fields, one for each column: ` +
        `it has ${length}. A text with commas stands between double quotes`,
    );
  }
  const ownName = columns.name === undefined ? "" : record[columns.name] ?? "";
  return {
    name: cleanSampleName(ownName || name),
    class: readClassName(record[columns.class] ?? ""),
    bytes: columns.text === undefined
      ? encodeNumbers(record, { columns, kind })
      : new TextEncoder().encode(record[columns.text] ?? ""),
  };
}

/** Works on the fields that a record has: a wide header must not make many short records slow. */
function encodeNumbers(
  record: readonly string[],
  { columns, kind }: { columns: Columns; kind: DatasetKind },
): Uint8Array<ArrayBuffer> {
  const fields = record.slice(0, columns.count)
    .filter((_, index) => index !== columns.class && index !== columns.name);
  const numbers = fields.map(readNumber);
  if (kind === "series") {
    return encodeSeries(numbers.slice(0, numbers.findLastIndex((value) => value !== "") + 1));
  }
  const wanted = columns.count - (columns.name === undefined ? 1 : 2);
  if (numbers.length === wanted) return encodeVector(numbers);
  throw new ServiceError(
    "invalid_sample",
    `Cannot read sample as it must have a number in each of ${wanted} columns: ` +
      `it has ${numbers.length}`,
  );
}

/** The number, or the field where it is none, for the message that refuses it. */
function readNumber(field: string): number | string {
  // JavaScript takes an empty field for 0.
  const number = field.trim() === "" ? NaN : Number(field);
  return Number.isNaN(number) ? field : number;
}
