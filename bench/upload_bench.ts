import { zipFiles } from "../lib/archives/zip_files.ts";
import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { makePictureFile, PICTURES } from "./pictures.ts";
import { readProcessUsage } from "./process_usage.ts";
import { type Service, startLastlayer } from "./service.ts";

const PICTURES_COUNT = 2000;
const CLASSES_COUNT = 20;
const SAMPLE_INTERVAL_MS = 100;
const GROWTH_MEBIBYTES_MAX = 150;
const MEBIBYTE = 1024 * 1024;
const BOUNDARY = "lastlayer-upload-bench";

/** One upload: the same pictures in another form. */
interface Upload {
  name: string;
  contentType: string;
  /** A stream where the whole is not to lie in memory. */
  makeBody: () => BodyInit;
}

/** Two thousand photos into a dataset, as a form and as a zip: how long, and how much memory. */
export async function benchUpload(): Promise<BenchReport> {
  const [size] = PICTURES;
  const picture = await Deno.readFile(await makePictureFile(size));
  const files = new Map(Array.from({ length: PICTURES_COUNT }, (_, index) => {
    return [`class-${index % CLASSES_COUNT}/${index}.jpg`, vary(picture, index)];
  }));
  const zip = await zipFiles(files);
  const uploads: Upload[] = [
    {
      name: "form",
      contentType: `multipart/form-data; boundary=${BOUNDARY}`,
      makeBody: () => ReadableStream.from(encodeForm(files)) as BodyInit,
    },
    { name: "zip", contentType: "application/zip", makeBody: () => zip },
  ];
  const rows = [];
  for (const upload of uploads) rows.push(await measureUpload(upload));
  const growth = Math.max(...rows.map((row) => row["peak growth, MiB"]));
  const what = `${PICTURES_COUNT} photos of ${(picture.length / 1024).toFixed(0)} KiB`;
  return {
    tables: [{ title: `${what} uploaded to an empty dataset, one worker`, rows }],
    targets: [
      compareWithTarget("growth of memory", growth, { atMost: GROWTH_MEBIBYTES_MAX, unit: "MiB" }),
    ],
  };
}

/** The same picture under another hash: phones put other things behind it too. */
function vary(picture: Uint8Array, index: number): Uint8Array {
  const bytes = new Uint8Array(picture.length + 4);
  bytes.set(picture);
  new DataView(bytes.buffer).setUint32(picture.length, index);
  return bytes;
}

function* encodeForm(files: ReadonlyMap<string, Uint8Array>): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const [path, bytes] of files) {
    const [className, name] = path.split("/");
    const disposition = `form-data; name="${className}"; filename="${name}"`;
    yield encoder.encode(`--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n\r\n`);
    yield bytes;
    yield encoder.encode("\r\n");
  }
  yield encoder.encode(`--${BOUNDARY}--\r\n`);
}

async function measureUpload({ name, contentType, makeBody }: Upload) {
  await using service = await startLastlayer({ WORKERS: "1" });
  const datasets = `${service.url}/v1/datasets`;
  await (await fetch(datasets, { method: "POST", body: '{"name": "photos"}' })).body?.cancel();
  const send = async () => {
    const started = performance.now();
    const response = await fetch(`${datasets}/photos/samples`, {
      method: "POST",
      headers: { "Content-Type": contentType },
      body: makeBody(),
    });
    const report = await response.json();
    return { seconds: (performance.now() - started) / 1000, report };
  };
  await using memory = await watchMemory(service);
  const first = await send();
  const again = await send();
  if (first.report.accepted !== PICTURES_COUNT || again.report.duplicates !== PICTURES_COUNT) {
    throw new Error(`Every photo must be accepted once: ${JSON.stringify([first, again])}`);
  }
  return {
    "form": name,
    "seconds": first.seconds,
    "photos/s": PICTURES_COUNT / first.seconds,
    "seconds again, all there": again.seconds,
    "before, MiB": memory.before / MEBIBYTE,
    "peak growth, MiB": (memory.peak() - memory.before) / MEBIBYTE,
    "growth afterwards, MiB": (await memory.now() - memory.before) / MEBIBYTE,
  };
}

async function watchMemory({ pid }: Service) {
  const read = async () => (await readProcessUsage(pid)).residentBytes;
  const before = await read();
  let peak = before;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      peak = Math.max(peak, await read());
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_INTERVAL_MS));
    }
  })();
  return {
    before,
    peak: () => peak,
    now: read,
    async [Symbol.asyncDispose]() {
      isOver = true;
      await watching;
    },
  };
}
