import { decodeImage } from "../lib/images/decode_image.ts";
import { createImageDecoders } from "../lib/images/image_decoders.ts";
import { resizeImage } from "../lib/images/resize_image.ts";
import { decoderModules } from "../lib/images/wasm_decoders.js";
import { findCatalogEntry } from "../models/catalog.ts";
import { loadModel } from "../models/formats/load_model.ts";
import { imageToTensor } from "../models/image_input.ts";
import { type InferenceStation, runInferenceLine } from "../models/inference_line.ts";
import type { ImageModelInput } from "../models/model_description.ts";
import { initWasmBackend } from "../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../models/wasm_simd.ts";
import { type BenchReport, compareWithTarget, type Target } from "./bench_report.ts";
import { runLoad } from "./load.ts";
import { findModelFiles, MODEL_NAME } from "./model_files.ts";
import { makePictureFile, PICTURES } from "./pictures.ts";
import { median, quantile } from "./quantiles.ts";
import { type Service, startLastlayer } from "./service.ts";

const ROUNDS = 10;
const RUNS_PER_ROUND = { "640x480 JPEG": 20, "12 MP JPEG": 4 } as const;
const WARM_UP_RUNS = 30;
const PIXELS_MAX = 25_000_000;
const HTTP_OVERHEAD_PERCENT_MAX = 25;

/** The parts of the line that are timed, in the order of the table. */
const PARTS = ["decode", "resize", "predict", "line", "HTTP"] as const;
type Part = (typeof PARTS)[number];

/**
 * Decoding, resizing and predicting alone, the whole line in this process, and the same over HTTP
 * from one connection. The parts take turns.
 */
export async function benchLine(): Promise<BenchReport> {
  const station = await startStation();
  await using service = await startLastlayer({ WORKERS: "1" });
  const rows = [];
  const targets: Target[] = [];
  for (const picture of PICTURES) {
    const bodyPath = await makePictureFile(picture);
    const times = await timeParts({
      station,
      service,
      bodyPath,
      runs: RUNS_PER_ROUND[picture.name],
    });
    rows.push(...PARTS.map((part) => ({
      "": `${picture.name}: ${part}`,
      "p50 ms": median(times[part]),
      "p95 ms": quantile(times[part], 0.95),
      "p50 / line": median(times[part]) / median(times.line),
    })));
    const overheadPercent = (median(times.HTTP) / median(times.line) - 1) * 100;
    targets.push(compareWithTarget(`HTTP overhead, ${picture.name}`, overheadPercent, {
      atMost: HTTP_OVERHEAD_PERCENT_MAX,
      unit: "%",
    }));
  }
  return { tables: [{ title: "The inference line, one picture at a time", rows }], targets };
}

async function startStation(): Promise<ImageStation> {
  await initWasmBackend(await loadTfjsWasmModule());
  const entry = findCatalogEntry(MODEL_NAME);
  if (!entry) throw new Error(`Cannot run benchmarks as the catalogue has no ${MODEL_NAME}`);
  const files = new Map([["model.tflite", await Deno.readFile((await findModelFiles()).model)]]);
  return {
    model: await loadModel({ format: entry.format, files }),
    input: entry.input,
    decoders: createImageDecoders(decoderModules),
  };
}

/** The part of the line that only pictures go through takes the input of a picture. */
type ImageStation = InferenceStation & { input: ImageModelInput };

interface PartsOptions {
  station: ImageStation;
  service: Service;
  bodyPath: string;
  runs: number;
}

async function timeParts(options: PartsOptions): Promise<Record<Part, number[]>> {
  const { station, service, bodyPath, runs } = options;
  const { model, input, decoders } = station;
  const bytes = await Deno.readFile(bodyPath);
  const { pixels, orientation } = await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX });
  const tensor = imageToTensor(resizeImage(pixels, { ...input, orientation }), input);
  const query = { verb: "classify", topK: 5, threshold: 0 } as const;
  const parts: Record<Exclude<Part, "HTTP">, () => Promise<unknown> | void> = {
    decode: () => decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX }),
    resize: () => void resizeImage(pixels, { ...input, orientation }),
    predict: () => {
      const { logits, features } = model.predict(tensor);
      logits.dataSync();
      logits.dispose();
      features.dispose();
    },
    line: () =>
      runInferenceLine(station, {
        input: { kind: "image", bytes },
        query,
        pixelsMax: PIXELS_MAX,
      }),
  };
  const times: Record<Part, number[]> = { decode: [], resize: [], predict: [], line: [], HTTP: [] };
  async function run(part: Part, count: number): Promise<number[]> {
    if (part === "HTTP") {
      const options = { url: service.classifyUrl, bodyPath, connections: 1, requests: count };
      return (await runLoad(options)).latenciesMs;
    }
    const milliseconds = [];
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      await parts[part]();
      milliseconds.push(performance.now() - started);
    }
    return milliseconds;
  }
  for (const part of ["line", "HTTP"] as const) await run(part, WARM_UP_RUNS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const part of PARTS) times[part].push(...await run(part, runs));
  }
  tensor.dispose();
  return times;
}
