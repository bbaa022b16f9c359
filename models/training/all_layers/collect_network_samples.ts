import { decodeSeries, decodeVector, type Series } from "../../../lib/datasets/encode_values.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readBlob } from "../../../lib/storage/blobs.ts";
import type { Database } from "../../../lib/storage/database.ts";
import type { JobSample } from "../../../lib/storage/jobs/job_samples.ts";
import type { ModelInput } from "../../model_description.ts";
import { SERIES_STEPS_MAX } from "../../series_input.ts";
import { encodeText } from "../../text_input.ts";
import { ALL_LAYERS_LIMITS } from "./all_layers_options.ts";
import { makeTextInput } from "./make_text_input.ts";
import type { NetworkSamples } from "./network_samples.ts";

/** What {@linkcode collectNetworkSamples} does. */
export interface CollectNetworkSamplesOptions {
  /** All of a job. */
  samples: readonly JobSample[];
  /** What they are. */
  kind: NetworkSamples["kind"];
  /** What the model takes that is trained further; made to fit the samples without. */
  input?: ModelInput | undefined;
  /** How text is folded where there is no model. */
  folding: "none" | "lower";
  /** Ends it. */
  signal: AbortSignal;
  /** Called after every few samples. */
  onProgress: (step: { done: number }) => void;
}

/** Samples that a network can be trained on. */
export interface CollectedNetworkSamples {
  /** Those that can be used. */
  samples: JobSample[];
  /** What the trained model takes. */
  input: ModelInput;
  /** Their values, in the same order. */
  data: Pick<NetworkSamples, "kind" | "values" | "width" | "starts">;
  /** Samples that cannot be used, and why. */
  rejected: { sample: JobSample; error: ServiceError }[];
}

/** Samples between two reports. */
const PROGRESS_SAMPLES = 64;
/** Different numbers of channels that a message names, the most frequent first. */
const SIZES_NAMED_MAX = 5;

/** The steps of one sample. */
type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/**
 * Reads all samples of a job as numbers. One that the network cannot be trained on is left out: of
 * another number of channels than the model, or than most of them where there is none, with
 * characters that are not in the vocabulary, or too long.
 *
 * @throws {ServiceError} `invalid_value` if they are too many numbers, or too many characters, or
 *   most of them do not have the same number of channels
 * @throws the signal's reason when it aborts
 */
export async function collectNetworkSamples(
  database: Database,
  { samples, kind, input, folding, signal, onProgress }: CollectNetworkSamplesOptions,
): Promise<CollectedNetworkSamples> {
  const contents: (string | Series)[] = [];
  for (const { sha256 } of samples) {
    signal.throwIfAborted();
    const bytes = await readBlob(database, sha256);
    if (!bytes) throw new TypeError(`The bytes of sample ${sha256} are gone`);
    contents.push(decodeContent(bytes, kind));
    if (contents.length % PROGRESS_SAMPLES === 0) onProgress({ done: PROGRESS_SAMPLES });
  }
  onProgress({ done: contents.length % PROGRESS_SAMPLES });
  const taken = input ?? makeInput(contents, { kind, folding });
  const kept: JobSample[] = [];
  const values: Values[] = [];
  const rejected: CollectedNetworkSamples["rejected"] = [];
  for (const [row, sample] of samples.entries()) {
    try {
      values.push(readValues(contents[row] as string | Series, taken));
      kept.push(sample);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      rejected.push({ sample, error });
    }
  }
  return { samples: kept, input: taken, data: joinValues(values, taken), rejected };
}

function decodeContent(bytes: Uint8Array<ArrayBuffer>, kind: NetworkSamples["kind"]) {
  switch (kind) {
    case "text":
      return new TextDecoder().decode(bytes);
    case "series":
      return decodeSeries(bytes);
    case "vector": {
      const values = decodeVector(bytes);
      return { steps: 1, channels: values.length, values };
    }
  }
}

/** An input that most samples, or for text all of them, fit. */
function makeInput(
  contents: readonly (string | Series)[],
  { kind, folding }: Pick<CollectNetworkSamplesOptions, "kind" | "folding">,
): ModelInput {
  if (kind === "text") return { kind, ...makeTextInput(contents as string[], folding) };
  const series = contents as Series[];
  // The vectors of a dataset have one length; its series may differ in their channels.
  if (kind === "vector") return { kind, length: (series[0] as Series).channels };
  return { kind, channels: findUsualChannels(series), stepsMax: SERIES_STEPS_MAX };
}

/** @throws {ServiceError} `invalid_value` if no number of channels is that of more than half */
function findUsualChannels(series: readonly Series[]): number {
  const counts = new Map<number, number>();
  for (const { channels } of series) counts.set(channels, (counts.get(channels) ?? 0) + 1);
  const found = [...counts].sort(([, a], [, b]) => b - a);
  const [channels, count] = found[0] as [number, number];
  if (count > series.length / 2) return channels;
  throw new ServiceError(
    "invalid_value",
    "Cannot train as most series must have the same number of channels: " +
      found.slice(0, SIZES_NAMED_MAX).map(([size, count]) => `${count} have ${size}`).join(", "),
    { param: "training_file" },
  );
}

/** @throws {ServiceError} if the sample is at fault */
function readValues(content: string | Series, input: ModelInput): Values {
  const { stepsMax } = ALL_LAYERS_LIMITS;
  if (typeof content === "string") {
    if (input.kind !== "text") throw new TypeError(`Text cannot be ${input.kind}`);
    return requireLength(encodeText(content, input), 1);
  }
  const { channels, values, steps } = content;
  const wanted = input.kind === "series" ? input.channels : input.kind === "vector" && input.length;
  const most = input.kind === "series" ? Math.min(stepsMax, input.stepsMax) : 1;
  if (channels === wanted && steps <= most) return values;
  throw new ServiceError(
    "invalid_sample",
    input.kind === "series"
      ? `Cannot use series as it must have ${wanted} channels and at most ${most} steps: it has ` +
        `${channels} and ${steps}`
      : `Cannot use vector as it must have ${wanted} numbers: it has ${channels}`,
  );
}

function requireLength(values: Values, width: number): Values {
  const { stepsMax } = ALL_LAYERS_LIMITS;
  if (values.length <= stepsMax * width) return values;
  throw new ServiceError(
    "invalid_sample",
    `Cannot use text as it must have at most ${stepsMax} characters: it has ${values.length}`,
  );
}

function joinValues(parts: readonly Values[], input: ModelInput): CollectedNetworkSamples["data"] {
  const { valuesMax } = ALL_LAYERS_LIMITS;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > valuesMax) {
    throw new ServiceError(
      "invalid_value",
      `Cannot train as all samples together must have at most ${valuesMax} numbers: they have ` +
        length,
      { param: "training_file" },
    );
  }
  const width = input.kind === "series"
    ? input.channels
    : input.kind === "vector"
    ? input.length
    : 1;
  const values = input.kind === "text" ? new Int32Array(length) : new Float32Array(length);
  const starts = new Uint32Array(parts.length + 1);
  let offset = 0;
  for (const [row, part] of parts.entries()) {
    values.set(part, offset);
    offset += part.length;
    starts[row + 1] = offset / width;
  }
  const kind = input.kind as NetworkSamples["kind"];
  return { kind, values, width, starts };
}
