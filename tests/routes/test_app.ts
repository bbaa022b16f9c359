import { readConfig } from "../../lib/config/config.ts";
import type { OpenDatabase } from "../../lib/storage/database.ts";
import { openSqliteDatabase } from "../../lib/storage/sqlite_database.ts";
import type { CatalogEntry } from "../../models/catalog.ts";
import type {
  InferenceAnswer,
  InferenceResult,
  InferenceTask,
} from "../../models/inference_task.ts";
import type { ModelDescription } from "../../models/model_description.ts";
import { ModelRegistry } from "../../models/model_registry.ts";
import { InferencePool } from "../../models/pool/inference_pool.ts";
import { createModelTransfers, type ModelTransfers } from "../../models/archive/model_transfers.ts";
import { createStoredSource } from "../../models/stored/stored_source.ts";
import { loadTfjsWasmModule } from "../../models/wasm_simd.ts";
import { type App, createApp } from "../../routes/app.ts";
import type { Services } from "../../routes/services.ts";
import { createMemorySource, makeKnown, NO_BACKBONE } from "../models/memory_source.ts";
import { FAKE_RESULT, type FakeBehaviour, FakeExecutor } from "../models/pool/fake_executor.ts";
import { completeServices } from "../test_services.ts";

/** A model with two classes and four features that the fake executors serve. */
export const ENTRY: CatalogEntry = {
  name: "tiny",
  description: "Two classes",
  licence: "MIT",
  source: "https://example.org/tiny",
  format: "tflite",
  input: {
    kind: "image",
    height: 8,
    width: 8,
    channels: 3,
    scale: 1,
    offset: 0,
    fit: "crop",
    cropFraction: 1,
  },
  verbs: ["classify", "embed"],
  classCount: 2,
  metrics: { source: "a test", values: { top_1: 0.5, top_5: 1 } },
  files: {
    model: { url: "https://example.org/a", sha256: "0".repeat(64), bytes: 1 },
    labels: { url: "https://example.org/b", sha256: "1".repeat(64), bytes: 1 },
  },
};

/** Known to the registry, but its files are not there. */
export const ABSENT_ENTRY: CatalogEntry = { ...ENTRY, name: "absent" };

/** Reads the letters a to z. */
export const TEXT_MODEL: ModelDescription = {
  ...ENTRY,
  name: "letters",
  input: {
    kind: "text",
    vocabulary: "abcdefghijklmnopqrstuvwxyz",
    folding: "lower",
    start: "",
    end: "",
    charactersMax: 8,
  },
};

/** Writes the letters a to z. */
export const WRITER_MODEL: ModelDescription = {
  ...TEXT_MODEL,
  name: "writer",
  verbs: ["generate"],
  classCount: 0,
};

/** Reads two channels. */
export const SERIES_MODEL: ModelDescription = {
  ...ENTRY,
  name: "motion",
  input: { kind: "series", channels: 2, stepsMax: 4 },
};

/** Codes of two numbers. */
export const AUTOENCODER_MODEL: ModelDescription = {
  ...ENTRY,
  name: "pair",
  verbs: ["encode", "decode", "reconstruct"],
  classCount: 0,
  codeLength: 2,
};

let transfers: Promise<ModelTransfers> | undefined;

/** Compiles the backend for the tests that need it alone. */
function openTransfers(): Promise<ModelTransfers> {
  return transfers ??= loadTfjsWasmModule().then((tfjs) =>
    createModelTransfers({ tfjs, timeoutMs: 60_000, concurrentMax: 2 })
  );
}

/** Real imports and exports. */
export const TEST_TRANSFERS: ModelTransfers = {
  takeIn: async (...call) => (await openTransfers()).takeIn(...call),
  give: async (...call) => (await openTransfers()).give(...call),
  pack: async (...call) => (await openTransfers()).pack(...call),
};

/** The app under test, with what a test needs to look behind it. */
export interface TestApp {
  app: App;
  pool: InferencePool;
  executors: FakeExecutor[];
  models: ModelRegistry;
  database: OpenDatabase;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers both classes to `classify` and `predict`, 0, 1, 2, 3 to `embed`, and the alphabet to `generate`. */
export function answerTask(task: InferenceTask): Promise<InferenceResult> {
  return Promise.resolve({ ...FAKE_RESULT, answer: makeAnswer(task) });
}

function makeAnswer({ input, query }: InferenceTask): InferenceAnswer {
  switch (query.verb) {
    case "embed":
      return { verb: query.verb, embedding: Float32Array.of(0, 1, 2, 3) };
    case "classify": {
      const scores = [{ index: 1, score: 0.75 }, { index: 0, score: 0.25 }];
      const predictions = scores.slice(0, query.topK)
        .filter(({ score }) => score >= query.threshold);
      return { verb: query.verb, predictions };
    }
    case "predict": {
      const all = {
        scores: Float32Array.of(0.25, 0.75),
        logits: Float32Array.of(-1, 1),
        features: Float32Array.of(0, 1, 2, 3),
      };
      return {
        verb: query.verb,
        outputs: Object.fromEntries(query.fetches.map((name) => [name, all[name]])),
      };
    }
    case "encode":
      return {
        verb: query.verb,
        code: query.dtype === "uint8" ? Uint8Array.of(7, 255) : Float32Array.of(0.5, -1),
      };
    case "decode":
      return { verb: query.verb, picture: Uint8Array.of(1, 2, 3) };
    case "reconstruct":
      return query.want === "picture"
        ? { verb: query.verb, picture: Uint8Array.of(4, 5) }
        : { verb: query.verb, squaredError: 0.01, anomalyScore: 0.9 };
    case "generate": {
      // The alphabet over and over; the state is the place in it.
      const pieces = input.kind === "texts" ? input.texts : [];
      const texts = pieces.map(({ state: [start = 0] = [], count, random, logprobs }) => ({
        tokens: Int32Array.from({ length: count }, (_, i) => (start + i) % 26),
        state: Float32Array.of(start + count),
        random,
        ...(logprobs === undefined ? {} : {
          logprobs: Array.from({ length: count }, () => ({
            logprob: -0.5,
            top: [{ index: 0, score: -0.25 }].slice(0, logprobs),
          })),
        }),
      }));
      return { verb: query.verb, texts };
    }
  }
}

/** The real app and pool over fake executors, so that a test decides what the models do. */
export async function createTestApp(
  behaviour: FakeBehaviour = {},
  options: Partial<Services> & { queueMax?: number; environment?: Record<string, string> } = {},
): Promise<TestApp> {
  const { queueMax = 8, environment = {}, ...overrides } = options;
  const executors: FakeExecutor[] = [];
  const pool = await InferencePool.start({
    size: 1,
    queueMax,
    taskTimeoutMs: 5_000,
    spawn() {
      const executor = new FakeExecutor({ run: answerTask, ...behaviour });
      executors.push(executor);
      return Promise.resolve(executor);
    },
  });
  const config = readConfig(environment);
  const known = [
    makeKnown(ENTRY),
    makeKnown(ABSENT_ENTRY, { isHere: false }),
    makeKnown(TEXT_MODEL),
    makeKnown(SERIES_MODEL),
    makeKnown(WRITER_MODEL),
    makeKnown(AUTOENCODER_MODEL),
  ];
  const source = createMemorySource(known, {
    read({ description: { input, classCount } }) {
      const labels = classCount > 0 ? ["cat", "dog"] : [];
      return Promise.resolve({ backbone: { ...NO_BACKBONE, input }, labels });
    },
  });
  const database = await openSqliteDatabase(":memory:");
  const sources = [source, createStoredSource(database, { fixed: [source] })];
  const models = new ModelRegistry(sources, { pool, loadedMax: config.modelsLoadedMax });
  const services = await completeServices({
    models,
    pool,
    database,
    transfers: TEST_TRANSFERS,
    limits: config,
  });
  const app = createApp({ ...services, ...overrides });
  const dispose = async () => {
    pool.close();
    await database[Symbol.asyncDispose]();
  };
  return { app, pool, executors, models, database, [Symbol.asyncDispose]: dispose };
}

/** A request with a body that stands for a picture; the fake executors do not look at it. */
export function post(body: BodyInit, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body, headers };
}
