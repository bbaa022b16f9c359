import { join } from "node:path";
import { type BenchReport, compareWithTarget, type Target } from "./bench_report.ts";
import { type ClothingPhotos, type LabelledPhoto, readClothingPhotos } from "./clothing_photos.ts";
import { runLoad } from "./load.ts";
import { RESULTS_FOLDER } from "./model_files.ts";
import { median, quantile } from "./quantiles.ts";
import { type Service, startLastlayer } from "./service.ts";

const BASES = ["mobilenet-v2", "edge-cnn"];
/** Views of each photo beside the plain one. */
const AUGMENT = 4;
const ACCURACY_MIN = 0.77;
const SLOWDOWN_MAX = 2;
const LOAD_ROUNDS = 7;
const LOAD_MS = 4_000;
/** Enough work for a job that is to last longer than the load. */
const LONG_AUGMENT = 16;

/** What a job took, in milliseconds from its order on, as its events came in. */
interface JobTimes {
  embedding: number;
  training: number;
  saving: number;
  total: number;
}

/**
 * From photos to a served model over HTTP: how long it takes after the last byte was uploaded, how
 * good the model is on photos that it has not seen, and what requests notice of it.
 *
 * @throws {Error} if the photos are not there, or a job does not succeed
 */
export async function benchFinetune(): Promise<BenchReport> {
  const photos = await readClothingPhotos();
  const rows: Record<string, string | number>[] = [];
  const targets: Target[] = [];
  for (const base of BASES) {
    await using service = await startLastlayer({ WORKERS: "2" });
    const { models } = await getJson(`${service.url}/v1/models`);
    if (!models.some((model: { name: string }) => model.name === base)) continue;
    const upload = await uploadPhotos(service, photos);
    const plain = await measure(service, { base, name: "plain", photos: photos.test });
    const augmented = await measure(service, {
      base,
      name: "augmented",
      photos: photos.test,
      hyperparameters: { augment: AUGMENT },
    });
    await addPhoto(service, photos.test[0] as LabelledPhoto);
    const again = await measure(service, { base, name: "again", photos: [] });
    const received = { "upload, ms": upload.receivedMs };
    rows.push(
      describe(`${base}, ${photos.count} photos`, { ...plain, ...received }),
      describe(`${base}, ${AUGMENT} more views`, augmented),
      describe(`${base}, 1 photo more`, again),
    );
    if (base === "mobilenet-v2") {
      const best = Math.max(plain.accuracy, augmented.accuracy);
      const what = `accuracy on ${photos.test.length} photos, ${base}`;
      targets.push(compareWithTarget(what, best, { atLeast: ACCURACY_MIN, unit: "" }));
    }
  }
  const load = await measureLoad(photos);
  return {
    tables: [
      { title: "40 photos of each of 10 kinds of clothing, two workers", rows },
      { title: "Requests to mobilenet-v2 alone and during a job, two workers", rows: load.rows },
    ],
    targets: [...targets, ...load.targets],
  };
}

// deno-lint-ignore no-explicit-any -- answers of our own service
async function getJson(url: string, init?: RequestInit): Promise<any> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} must answer 2xx: ${await response.text()}`);
  return await response.json();
}

function post(body: unknown): RequestInit {
  return { method: "POST", body: JSON.stringify(body) };
}

async function uploadPhotos(
  { url }: Service,
  { zip, count }: ClothingPhotos,
): Promise<{ receivedMs: number }> {
  await getJson(`${url}/v1/datasets`, post({ name: "clothes" }));
  let lastByteAt = 0;
  async function* send() {
    yield zip;
    lastByteAt = performance.now();
  }
  const report = await getJson(`${url}/v1/datasets/clothes/samples`, {
    method: "POST",
    headers: { "Content-Type": "application/zip" },
    body: ReadableStream.from(send()) as BodyInit,
  });
  if (report.accepted !== count) throw new Error(`All must be accepted: ${JSON.stringify(report)}`);
  return { receivedMs: performance.now() - lastByteAt };
}

async function addPhoto({ url }: Service, photo: LabelledPhoto): Promise<void> {
  await getJson(`${url}/v1/datasets/clothes/samples?class=${photo.class}`, {
    method: "POST",
    headers: { "Content-Type": "image/jpeg" },
    body: photo.bytes,
  });
}

async function measure(
  service: Service,
  { base, name, photos, hyperparameters = {} }: {
    base: string;
    name: string;
    photos: LabelledPhoto[];
    hyperparameters?: Record<string, unknown>;
  },
) {
  const times = await runJob(service, { base, name, hyperparameters });
  const started = performance.now();
  await classify(service, name, photos[0]?.bytes ?? (await readAnyPhoto()));
  const firstAnswerMs = performance.now() - started;
  let hits = 0;
  for (const photo of photos) {
    if (await classify(service, name, photo.bytes) === photo.class) hits++;
  }
  return { times, firstAnswerMs, accuracy: hits / photos.length };
}

async function readAnyPhoto(): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(new URL("../tests/fixtures/images/baseline.jpg", import.meta.url));
}

async function classify(
  { url }: Service,
  model: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const { predictions } = await getJson(`${url}/v1/models/${model}:classify?top_k=1`, {
    method: "POST",
    headers: { "Content-Type": "image/jpeg" },
    body,
  });
  return predictions[0].label;
}

/** Orders a job and follows its events. */
async function runJob(
  { url }: Service,
  { base, name, hyperparameters }: {
    base: string;
    name: string;
    hyperparameters: Record<string, unknown>;
  },
): Promise<JobTimes> {
  const started = performance.now();
  const order = { model: base, training_file: "clothes", name, hyperparameters };
  const { urls } = await getJson(`${url}/v1/fine_tuning/jobs`, post(order));
  const arrivals = new Map<string, number>();
  const response = await fetch(urls.events, { headers: { Accept: "text/event-stream" } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
  for await (const text of reader) {
    for (const stage of ["Embedding", "Training", "Saving", "Saved", "[DONE]"]) {
      if (text.includes(stage) && !arrivals.has(stage)) arrivals.set(stage, performance.now());
    }
  }
  const job = await getJson(urls.self);
  if (job.status !== "succeeded") throw new Error(`The job must succeed: ${JSON.stringify(job)}`);
  const at = (stage: string) => arrivals.get(stage) ?? NaN;
  return {
    embedding: at("Training") - at("Embedding"),
    training: at("Saving") - at("Training"),
    saving: at("[DONE]") - at("Saving"),
    total: at("[DONE]") - started,
  };
}

function describe(
  what: string,
  { times, firstAnswerMs, accuracy, ...rest }: Awaited<ReturnType<typeof measure>> & {
    "upload, ms"?: number;
  },
): Record<string, string | number> {
  const received = rest["upload, ms"] ?? 0;
  return {
    what,
    "upload, ms": received,
    "embedding, ms": times.embedding,
    "training, ms": times.training,
    "saving, ms": times.saving,
    "first answer, ms": firstAnswerMs,
    "all, ms": received + times.total + firstAnswerMs,
    "accuracy": Number.isNaN(accuracy) ? "" : accuracy.toFixed(3),
  };
}

/** Turns of load alone and load during a job, so that whatever else the machine does hits both. */
async function measureLoad(photos: ClothingPhotos) {
  await using service = await startLastlayer({ WORKERS: "2" });
  await uploadPhotos(service, photos);
  const bodyPath = join(RESULTS_FOLDER, "finetune_photo.jpg");
  await Deno.writeFile(bodyPath, photos.test[0]?.bytes ?? new Uint8Array());
  const load = { url: service.classifyUrl, bodyPath, connections: 1, durationMs: LOAD_MS };
  await runLoad(load);
  const latencies = { alone: [] as number[], busy: [] as number[] };
  const slowdowns: number[] = [];
  for (let round = 0; round < LOAD_ROUNDS; round++) {
    const alone = await runLoad(load);
    const job = await getJson(
      `${service.url}/v1/fine_tuning/jobs`,
      post({
        model: "mobilenet-v2",
        training_file: "clothes",
        name: `long-${round}`,
        hyperparameters: { augment: LONG_AUGMENT },
      }),
    );
    const busy = await runLoad(load);
    slowdowns.push(quantile(busy.latenciesMs, 0.95) / quantile(alone.latenciesMs, 0.95));
    latencies.alone.push(...alone.latenciesMs);
    latencies.busy.push(...busy.latenciesMs);
    const { status, progress } = await getJson(`${job.urls.cancel}`, { method: "POST" });
    if (progress?.stage !== "embedding") {
      throw new Error(`The job must outlast the load: it is ${status} ${JSON.stringify(progress)}`);
    }
  }
  const rows = Object.entries(latencies).map(([when, values]) => ({
    "when": when === "alone" ? "alone" : "during a job",
    "requests": values.length,
    "median, ms": median(values),
    "p95, ms": quantile(values, 0.95),
  }));
  const what = `p95 of requests during a job / alone, median of ${LOAD_ROUNDS} rounds`;
  const target = compareWithTarget(what, median(slowdowns), {
    atMost: SLOWDOWN_MAX,
    unit: "times",
  });
  return { rows, targets: [target] };
}
