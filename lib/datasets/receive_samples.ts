import { type ByteSource, createFileSource } from "../archives/byte_source.ts";
import { ARCHIVE_RATIO_MAX, listArchive } from "../archives/zip_archive.ts";
import type { Config } from "../config/config.ts";
import { receiveTemporaryFile } from "../files/receive_temporary_file.ts";
import { ServiceError } from "../service_error.ts";
import type { Database } from "../storage/database.ts";
import type { Dataset } from "../storage/datasets/datasets.ts";
import { checkSample } from "./check_sample.ts";
import { encodeFileSamples } from "./encode_file_samples.ts";
import { type ImportReport, importSamples, type ImportSamplesOptions } from "./import_samples.ts";
import { limitBody } from "./limit_body.ts";
import { readCsvSamples } from "./read_csv_samples.ts";
import { readMultipartSamples } from "./read_multipart_samples.ts";
import { readNdjsonSamples } from "./read_ndjson_samples.ts";
import { readOneSample } from "./read_one_sample.ts";
import { readZipSamples } from "./read_zip_samples.ts";
import type { SampleSource } from "./sample_source.ts";

/** Samples as a client sends them. */
export interface SampleUpload {
  /** The bytes as they arrive; nobody else reads them. */
  body: ReadableStream<Uint8Array>;
  /** The media type, which for multipart names the boundary; empty: a zip archive. */
  contentType: string;
  /** Given when the body is one sample: its class. Else the body has a class for each sample. */
  class?: string | undefined;
  /** What that one sample is called. */
  name?: string | undefined;
}

/** Limits of an upload and of the dataset that it goes into: those of the settings. */
export type SampleLimits = Pick<
  Config,
  | "datasetUploadBytesMax"
  | "datasetBytesMax"
  | "sampleBytesMax"
  | "samplesMax"
  | "classesMax"
  | "pixelsMax"
>;

/** What {@linkcode receiveSamples} needs. */
export interface ReceiveSamplesOptions {
  /** Where the samples go; it exists. */
  dataset: Pick<Dataset, "id" | "kind">;
  /** See {@linkcode SampleLimits}. */
  limits: SampleLimits;
  /** A folder for a zip archive while it is read. */
  directory: string;
  /** Ends the upload, which then leaves nothing behind. */
  signal: AbortSignal;
  /** See `ImportSamplesOptions`. */
  whenKept?: ImportSamplesOptions["whenKept"];
  /** See `ImportSamplesOptions`. */
  whenDropped?: ImportSamplesOptions["whenDropped"];
}

/** The body that is read, and all that decides how. */
type OpenUpload = Omit<SampleUpload, "class" | "name"> & ReceiveSamplesOptions;

/** How many rejected and ambiguous samples are named one by one. */
const REPORTED_MAX = 1000;
/** A line of JSON or CSV is parsed in one go; a longer one would keep everything else waiting. */
const LINE_BYTES_MAX = 4 * 1024 * 1024;
/** Room for the class, the name and the names of the fields beside a picture in base64. */
const LINE_EXTRA_BYTES = 4096;
const CLASS_RULE = "one sample alone goes to /v1/datasets/{dataset}/samples?class=...";

/**
 * Turns the body of an upload into stored samples: one sample (`class` is given), multipart (the name
 * of a field is the class), a zip of class folders, NDJSON, or CSV. Only a few MB of it are in memory
 * at a time. What cannot be used is reported and the rest is kept; when the upload as a whole fails,
 * nothing of it is kept. When the promise resolves, what was accepted is on the disk.
 *
 * @throws {ServiceError} `unsupported_media_type` for other types and `invalid_value` for a body
 * without samples; `malformed_request`, `invalid_archive` or `body_too_large` when it cannot be read;
 * `dataset_not_found`; the reason of the signal; for one sample the reason why it is rejected
 */
export async function receiveSamples(
  database: Database,
  upload: SampleUpload,
  options: ReceiveSamplesOptions,
): Promise<ImportReport> {
  const { dataset, limits, signal, whenKept, whenDropped } = options;
  const { sampleBytesMax, pixelsMax, samplesMax, datasetBytesMax, classesMax } = limits;
  const isOne = upload.class !== undefined;
  return await importSamples(database, openSource(upload, options), {
    datasetId: dataset.id,
    validate: (sample) => checkSample(sample, { kind: dataset.kind, sampleBytesMax, pixelsMax }),
    limits: { samplesMax, bytesMax: datasetBytesMax, classesMax },
    reportedMax: REPORTED_MAX,
    signal,
    async whenKept(transaction, report) {
      requireSamples(report, { isOne });
      await whenKept?.(transaction, report);
    },
    whenDropped,
  });
}

function requireSamples(
  { accepted, duplicates, rejected, rejections }: ImportReport,
  { isOne }: { isOne: boolean },
): void {
  const [rejection] = rejections;
  if (isOne && rejection) throw new ServiceError(rejection.code, rejection.reason);
  if (accepted + duplicates + rejected > 0) return;
  throw new ServiceError("invalid_value", "Cannot add samples as the upload must have one: none");
}

function openSource(upload: SampleUpload, options: ReceiveSamplesOptions): SampleSource {
  const { class: className, name, contentType } = upload;
  const { dataset: { kind }, limits, signal } = options;
  const bytesMax = className === undefined ? limits.datasetUploadBytesMax : limits.sampleBytesMax;
  const body = limitBody(upload.body, { bytesMax, signal });
  if (className === undefined) return readSamples({ ...options, body, contentType });
  if (/^(multipart\/|application\/(zip|.*ndjson|.*jsonl))/i.test(contentType)) {
    throw new ServiceError(
      "invalid_value",
      `Cannot add samples as a body of type ${mediaTypeOf(contentType)} has its own classes: ` +
        "leave class out",
    );
  }
  return encodeFileSamples(readOneSample(body, { class: className, name }), kind);
}

function readSamples(upload: OpenUpload): SampleSource {
  const { body, contentType, dataset: { kind }, limits } = upload;
  const mediaType = mediaTypeOf(contentType);
  switch (mediaType) {
    case "multipart/form-data": {
      const files = readMultipartSamples(body, {
        contentType,
        partsMax: limits.samplesMax,
        partBytesMax: limits.sampleBytesMax,
        totalBytesMax: limits.datasetUploadBytesMax,
      });
      return encodeFileSamples(files, kind);
    }
    case "application/x-ndjson":
    case "application/ndjson":
    case "application/jsonl":
    case "application/x-jsonl": {
      const imageBytesMax = Math.ceil(limits.sampleBytesMax / 3) * 4 + LINE_EXTRA_BYTES;
      const lineBytesMax = kind === "image" ? imageBytesMax : LINE_BYTES_MAX;
      return readNdjsonSamples(body, { kind, lineBytesMax });
    }
    case "text/csv":
      if (kind === "image") throw wrongType(mediaType, "images do not come as CSV");
      return readCsvSamples(body, { kind, recordLengthMax: LINE_BYTES_MAX });
    case "":
    case "application/zip":
    case "application/x-zip-compressed":
    case "application/octet-stream":
    // What curl says when it is told nothing.
    case "application/x-www-form-urlencoded":
      return encodeFileSamples(readZipUpload(upload), kind);
    default:
      throw wrongType(mediaType, CLASS_RULE);
  }
}

/** The directory of a zip archive is at its end, so that the archive has to be there as a whole. */
async function* readZipUpload(
  { body, contentType, directory, limits }: OpenUpload,
): SampleSource {
  const { datasetUploadBytesMax, datasetBytesMax, sampleBytesMax, samplesMax } = limits;
  await using temporary = await receiveTemporaryFile(body, {
    directory,
    bytesMax: datasetUploadBytesMax,
  });
  const source = await createFileSource(temporary.file);
  await requireArchive(source, mediaTypeOf(contentType));
  const files = await listArchive(source, {
    // Folders, and what macOS adds to each file.
    entriesMax: 2 * samplesMax + limits.classesMax,
    totalBytesMax: datasetBytesMax,
    ratioMax: ARCHIVE_RATIO_MAX,
  });
  yield* readZipSamples(files, { fileBytesMax: sampleBytesMax });
}

/** A body that nobody calls a zip archive may be the one sample whose class was forgotten. */
async function requireArchive(source: ByteSource, mediaType: string): Promise<void> {
  if (mediaType.includes("zip")) return;
  const [first, second] = await source.read(0, 2);
  // "PK" begins every record of a zip archive.
  if (first === 0x50 && second === 0x4b) return;
  throw wrongType(`${mediaType || "without a type"} and no zip archive`, CLASS_RULE);
}

function mediaTypeOf(contentType: string): string {
  return contentType.split(";")[0]?.trim().toLowerCase() ?? "";
}

function wrongType(mediaType: string, rule: string): ServiceError {
  return new ServiceError(
    "unsupported_media_type",
    `Cannot add samples as the body must be multipart/form-data, application/zip, ` +
      `application/x-ndjson or text/csv: it is ${mediaType}; ${rule}`,
  );
}
