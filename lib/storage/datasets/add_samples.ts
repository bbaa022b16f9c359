import type { ErrorCode } from "../../service_error.ts";
import { hashBytes, type HashedBytes, storeBlobs } from "../blobs.ts";
import { chunkValues } from "../chunk_values.ts";
import { createId } from "../create_id.ts";
import type { Database } from "../database.ts";
import { databaseTime } from "../database_time.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import type { Bytes } from "../schema.ts";
import { addToClasses } from "./class_counts.ts";
import { listClasses } from "./datasets.ts";
import { lockDataset } from "./lock_dataset.ts";

/** A sample that is to be stored. */
export interface NewSample {
  /** What it was called where it came from; need not be unique. */
  name: string;
  /** What it shows. */
  class: string;
  /** An encoded image, UTF-8 text, or float32 values, by the kind of the dataset. */
  bytes: Bytes;
}

/** What became of a sample. */
export type SampleOutcome =
  | {
    /** `duplicate`: the same bytes are there under the same class already. */
    status: "accepted" | "duplicate";
    /** The sample's id, or that of the sample which was there. */
    id: string;
    /** Other classes of the dataset under which the same bytes are. */
    otherClasses: string[];
  }
  | {
    /** Not stored. */
    status: "rejected";
    /** For programs. */
    code: ErrorCode;
    /** For people. */
    reason: string;
  };

/** Limits of a dataset. */
export interface DatasetLimits {
  /** Most samples. */
  samplesMax: number;
  /** Most bytes of all samples together. */
  bytesMax: number;
  /** Most classes. */
  classesMax: number;
}

/** What {@linkcode addSamples} needs. */
export interface AddSamplesOptions {
  /** Id of the dataset. */
  datasetId: string;
  /** Validated already; best some MB at a time, as they go into one transaction. */
  samples: readonly NewSample[];
  /** A sample beyond one of them is rejected; those before it are kept. */
  limits: DatasetLimits;
  /** The upload that they come with: `keepUpload` or `dropUpload` ends it. Without, they stay. */
  uploadId?: string | undefined;
}

/** What a dataset holds while samples are being added to it. */
interface Totals {
  samples: number;
  bytes: number;
  classes: Set<string>;
  /** Vectors of one dataset have one length; `undefined` while there are none, or for other kinds. */
  vectorLength: number | undefined;
}

/**
 * Adds samples in one transaction and says what became of each, in their order. When the promise
 * resolves, what was accepted is on the disk.
 *
 * @throws {ServiceError} `dataset_not_found`
 */
export function addSamples(
  database: Database,
  { datasetId, samples, limits, uploadId }: AddSamplesOptions,
): Promise<SampleOutcome[]> {
  const hashed = samples.map((sample) => ({ ...sample, sha256: hashBytes(sample.bytes) }));
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "blobs", "shared");
    const { kind } = await lockDataset(transaction, datasetId);
    const found = await findSamples(transaction, datasetId, hashed);
    const totals = await readTotals(transaction, datasetId, kind);
    const added: (HashedBytes & NewSample & { id: string })[] = [];
    const outcomes = hashed.map((sample): SampleOutcome => {
      const classes = found.get(sample.sha256) ?? new Map<string, FoundSample>();
      const otherClasses = [...classes.keys()].filter((name) => name !== sample.class).sort();
      const known = classes.get(sample.class);
      if (known) {
        known.isRepeated = true;
        return { status: "duplicate", id: known.id, otherClasses };
      }
      const refusal = refuseSample(sample, { kind, totals, limits });
      if (refusal) return refusal;
      const id = createId("sample");
      const entry = { id, uploadId: uploadId ?? null, isRepeated: false };
      found.set(sample.sha256, classes.set(sample.class, entry));
      countSample(totals, sample);
      added.push({ ...sample, id });
      return { status: "accepted", id, otherClasses };
    });
    await storeBlobs(transaction, added);
    await insertSamples(transaction, { datasetId, uploadId, samples: added });
    await keepRepeated(transaction, { found, uploadId });
    if (added.length > 0) await transaction.announce({ topic: "dataset", id: datasetId });
    return outcomes;
  });
}

/** A sample that is there. */
interface FoundSample {
  id: string;
  uploadId: string | null;
  /** Whether one of the new samples is the same. */
  isRepeated: boolean;
}

/** By content and class. */
type FoundSamples = Map<string, Map<string, FoundSample>>;

/** The samples of a dataset that have one of the contents. */
async function findSamples(
  transaction: Database,
  datasetId: string,
  contents: readonly { sha256: string }[],
): Promise<FoundSamples> {
  const found: FoundSamples = new Map();
  for (const chunk of chunkValues([...new Set(contents.map(({ sha256 }) => sha256))])) {
    const rows = await transaction.query.selectFrom("samples")
      .select(["id", "sha256", "class", "uploadId"])
      .where("datasetId", "=", datasetId).where("sha256", "in", chunk).execute();
    for (const row of rows) {
      const classes = found.get(row.sha256) ?? new Map<string, FoundSample>();
      const { id, uploadId } = row;
      found.set(row.sha256, classes.set(row.class, { id, uploadId, isRepeated: false }));
    }
  }
  return found;
}

/** What another upload has brought and this one brings too stays, whatever becomes of the other. */
async function keepRepeated(
  transaction: Database,
  { found, uploadId }: { found: FoundSamples; uploadId: string | undefined },
): Promise<void> {
  const repeated = [...found.values()].flatMap((classes) => [...classes.values()])
    .filter((sample) => sample.isRepeated && sample.uploadId !== null)
    .filter((sample) => sample.uploadId !== uploadId).map(({ id }) => id);
  for (const chunk of chunkValues(repeated)) {
    await transaction.query.updateTable("samples").set({ uploadId: null })
      .where("id", "in", chunk).execute();
  }
}

async function readTotals(
  transaction: Database,
  datasetId: string,
  kind: string,
): Promise<Totals> {
  const classes = await listClasses(transaction, datasetId);
  const first = kind === "vector"
    ? await transaction.query.selectFrom("samples").select("length")
      .where("datasetId", "=", datasetId).orderBy("sequence").limit(1).executeTakeFirst()
    : undefined;
  return {
    samples: classes.reduce((sum, { samples }) => sum + samples, 0),
    bytes: classes.reduce((sum, { bytes }) => sum + bytes, 0),
    classes: new Set(classes.map((entry) => entry.class)),
    vectorLength: first?.length,
  };
}

function countSample(totals: Totals, sample: NewSample): void {
  totals.samples++;
  totals.bytes += sample.bytes.length;
  totals.classes.add(sample.class);
  totals.vectorLength ??= sample.bytes.length;
}

function refuseSample(
  sample: NewSample,
  { kind, totals, limits }: { kind: string; totals: Totals; limits: DatasetLimits },
): SampleOutcome | undefined {
  const reject = (code: ErrorCode, rule: string): SampleOutcome => ({
    status: "rejected",
    code,
    reason: `Cannot add sample as ${rule}`,
  });
  if (totals.samples >= limits.samplesMax) {
    return reject("limit_reached", `a dataset must have at most ${limits.samplesMax} samples`);
  }
  if (totals.bytes + sample.bytes.length > limits.bytesMax) {
    return reject("limit_reached", `a dataset must have at most ${limits.bytesMax} bytes`);
  }
  if (!totals.classes.has(sample.class) && totals.classes.size >= limits.classesMax) {
    return reject("limit_reached", `a dataset must have at most ${limits.classesMax} classes`);
  }
  const { vectorLength } = totals;
  if (kind === "vector" && vectorLength !== undefined && sample.bytes.length !== vectorLength) {
    return reject(
      "invalid_sample",
      `vectors of a dataset must have one length, ${vectorLength / 4}: ` +
        `it has ${sample.bytes.length / 4}`,
    );
  }
  return undefined;
}

async function insertSamples(
  transaction: Database,
  { datasetId, uploadId, samples }: {
    datasetId: string;
    uploadId: string | undefined;
    samples: readonly (HashedBytes & NewSample & { id: string })[];
  },
): Promise<void> {
  // By this the sweep of any replica tells whether an upload still runs, so replicas share the clock.
  const createdAt = databaseTime(transaction.engine);
  const rows = samples.map(({ id, sha256, class: name, name: origin, bytes }) => ({
    id,
    datasetId,
    sha256,
    class: name,
    name: origin,
    length: bytes.length,
    createdAt,
    uploadId: uploadId ?? null,
  }));
  for (const chunk of chunkValues(rows)) {
    await transaction.query.insertInto("samples").values(chunk).execute();
  }
  await addToClasses(transaction, datasetId, rows);
}
