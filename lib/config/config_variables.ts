import { z } from "zod";
import { readDatabaseHost } from "../storage/database_host.ts";

const MEBIBYTE = 1024 * 1024;

function integer(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,15}$/, rule).transform(Number).refine(
    (value) => value >= min && value <= max,
    rule,
  );
}

function list() {
  return z.string().transform((text) => text.split(",").map((part) => part.trim()).filter(Boolean));
}

function flag() {
  return z.enum(["0", "1"], "must be 0 or 1").transform((value) => value === "1");
}

/**
 * Every setting, in the order in which `--help` shows them: the environment variable, the text that
 * stands in for it when it is unset, its rule, and what it does.
 */
export const CONFIG_VARIABLES = {
  HOST: { fallback: "127.0.0.1", rule: z.string().min(1), help: "address to listen on" },
  PORT: { fallback: "8000", rule: integer(0, 65535), help: "port; 0 picks a free one" },
  DATA_DIR: { fallback: "data", rule: z.string().min(1), help: "folder of models and data" },
  DATABASE_URL: {
    fallback: "",
    rule: z.string().refine(
      (text) => text === "" || readDatabaseHost(text) !== undefined,
      "must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
    ).transform((text) => text || undefined),
    secret: true,
    help: "PostgreSQL that replicas share; unset: SQLite in DATA_DIR",
  },
  WORKERS: {
    fallback: "",
    rule: z.union([z.literal("").transform(() => undefined), integer(1, 256)]),
    help: "inference threads; unset: one per core",
  },
  API_KEYS: {
    fallback: "",
    rule: list().refine(
      (keys) => keys.every((key) => /^[A-Za-z0-9._~+/-]{16,}=*$/.test(key)),
      "must be keys of at least 16 characters out of A-Z a-z 0-9 . _ ~ + / -",
    ),
    secret: true,
    help:
      "comma-separated keys; when set, all but health and /docs wants Authorization: Bearer KEY",
  },
  ALLOW_ANONYMOUS: {
    fallback: "0",
    rule: flag(),
    help: "1: allows a HOST other than loopback without API_KEYS",
  },
  CORS_ORIGINS: {
    fallback: "",
    rule: list(),
    help: "comma-separated origins whose pages may call the service; * for all",
  },
  LOG_LEVEL: {
    fallback: "info",
    rule: z.enum(["debug", "info", "warning", "error"]),
    help: "debug, info, warning or error",
  },
  BODY_BYTES_MAX: {
    fallback: String(32 * MEBIBYTE),
    rule: integer(1024, 1024 * MEBIBYTE),
    help: "largest request body, in bytes",
  },
  UPLOADS_BYTES_MAX: {
    fallback: String(256 * MEBIBYTE),
    rule: integer(1024, 1024 * 1024 * MEBIBYTE),
    help: "all bodies that are received or wait, together, in bytes",
  },
  PIXELS_MAX: {
    fallback: "25000000",
    rule: integer(1, 1_000_000_000),
    help: "largest picture, width x height",
  },
  INPUTS_MAX: {
    fallback: "32",
    rule: integer(1, 10_000),
    help: "most inputs in one request; at most QUEUE_MAX",
  },
  QUEUE_MAX: {
    fallback: "64",
    rule: integer(1, 1_000_000),
    help: "most inputs that wait for a worker; more are refused",
  },
  MODELS_LOADED_MAX: {
    fallback: "16",
    rule: integer(1, 10_000),
    help: "most models that are loaded at a time; the least recently used one makes room",
  },
  DATASETS_MAX: {
    fallback: "1000",
    rule: integer(1, 1_000_000),
    help: "most datasets",
  },
  DATASET_UPLOAD_BYTES_MAX: {
    fallback: String(1024 * MEBIBYTE),
    rule: integer(1024, 1024 * 1024 * MEBIBYTE),
    help: "largest upload of samples, in bytes; it is streamed to disk",
  },
  DATASET_BYTES_MAX: {
    fallback: String(4096 * MEBIBYTE),
    rule: integer(1024, 1024 * 1024 * MEBIBYTE),
    help: "samples of one dataset together, in bytes",
  },
  SAMPLE_BYTES_MAX: {
    fallback: String(32 * MEBIBYTE),
    rule: integer(1, 1024 * MEBIBYTE),
    help: "largest sample, in bytes",
  },
  SAMPLES_MAX: {
    fallback: "50000",
    rule: integer(2, 10_000_000),
    help: "most samples of one dataset",
  },
  CLASSES_MAX: {
    fallback: "1000",
    rule: integer(2, 10_000),
    help: "most classes of one dataset",
  },
  JOBS_UNFINISHED_MAX: {
    fallback: "100",
    rule: integer(1, 100_000),
    help: "most training jobs that wait or run; more are refused",
  },
  JOBS_FINISHED_MAX: {
    fallback: "10000",
    rule: integer(1, 10_000_000),
    help: "most training jobs that are remembered; the oldest are forgotten",
  },
  JOBS_CONCURRENT_MAX: {
    fallback: "1",
    rule: integer(0, 64),
    help: "training jobs that run at a time; 0: this replica runs none",
  },
  MODELS_MAX: {
    fallback: "1000",
    rule: integer(1, 1_000_000),
    help: "most trained and imported models",
  },
  VERSIONS_MAX: {
    fallback: "100",
    rule: integer(1, 1_000_000),
    help: "most versions of one model",
  },
  SEQUENCES_MAX: {
    fallback: "10000",
    rule: integer(1, 1_000_000),
    help: "most sequences whose state is kept; the least recently used one makes room",
  },
  SEQUENCE_TTL_MS: {
    fallback: "600000",
    rule: integer(1, 86_400_000),
    help: "a sequence without a step for so long is forgotten",
  },
  STATE_AGE_MS_MAX: {
    fallback: "86400000",
    rule: integer(1, 31_536_000_000),
    help: "a state that a client holds is refused when it is older",
  },
  STATE_SECRET: {
    fallback: "",
    rule: z.string().refine(
      (text) => text === "" || text.length >= 32,
      "must have at least 32 characters",
    ).transform((text) => text || undefined),
    secret: true,
    help: "signs states that clients hold; unset: drawn once and kept in the database",
  },
  REQUEST_TIMEOUT_MS: {
    fallback: "10000",
    rule: integer(1, 3_600_000),
    help: "deadline of a request, upload and waiting included",
  },
  UPLOAD_TIMEOUT_MS: {
    fallback: "600000",
    rule: integer(1, 86_400_000),
    help: "deadline of an upload of samples or of a model, and of deleting a dataset",
  },
  TASK_TIMEOUT_MS: {
    fallback: "10000",
    rule: integer(1, 3_600_000),
    help: "a worker that takes longer over one input is replaced",
  },
  SHUTDOWN_TIMEOUT_MS: {
    fallback: "10000",
    rule: integer(1, 3_600_000),
    help: "after SIGTERM, what still runs then is cut off",
  },
} as const;
