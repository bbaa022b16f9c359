import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { InferencePool } from "../models/pool/inference_pool.ts";
import { countBusyThreads } from "../models/threads/end_worker.ts";
import type { StageTimings } from "../models/inference_task.ts";
import type { AppEnv } from "./app_env.ts";
import { errorResponses } from "./openapi_parts.ts";

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What the service counts and times, in Prometheus' terms. */
export interface Metrics {
  /** Counts one answered request; `route` is as documented, never the path itself. */
  observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
  /** Times the stages of one input, given in milliseconds. */
  observeStages(model: string, timings: StageTimings & { queue: number }): void;
  registry: Registry;
}

/**
 * Creates the metrics; those of the pool are read from it when they are scraped.
 *
 * @param residentBytes memory of the process, where the runtime tells it
 */
export function createMetrics(pool: InferencePool, residentBytes?: () => number): Metrics {
  const registry = new Registry();
  const requests = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from the head of a request to its answer",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS_BUCKETS,
    registers: [registry],
  });
  const stages = new Histogram({
    name: "lastlayer_stage_duration_seconds",
    help: "Time of one input in each stage of the inference line",
    labelNames: ["model", "stage"],
    buckets: SECONDS_BUCKETS,
    registers: [registry],
  });
  registerPoolMetrics(registry, pool);
  if (residentBytes) {
    new Gauge({
      name: "process_resident_memory_bytes",
      help: "Resident memory size in bytes",
      registers: [registry],
      collect() {
        this.set(residentBytes());
      },
    });
  }
  return {
    registry,
    observeRequest: ({ method, route, status }, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    observeStages(model, timings) {
      for (const [stage, milliseconds] of Object.entries(timings)) {
        stages.observe({ model, stage }, milliseconds / 1000);
      }
    },
  };
}

function registerPoolMetrics(registry: Registry, pool: InferencePool): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge("lastlayer_workers", "Inference threads configured", () => pool.status().size);
  gauge("lastlayer_workers_live", "Inference threads ready to run", () => pool.status().live);
  gauge("lastlayer_workers_busy", "Inference threads that run a task", () => pool.status().busy);
  gauge("lastlayer_queue_length", "Inputs that wait for a worker", () => pool.status().queued);
  gauge(
    "lastlayer_threads_busy",
    "Threads that were given up and still work",
    () => countBusyThreads(),
  );
  gauge(
    "lastlayer_queue_background",
    "Inputs of training jobs that wait for a worker",
    () => pool.status().queuedBackground,
  );
  gauge("lastlayer_queue_max", "Most inputs that may wait", () => pool.status().queueMax);
  const registers = [registry];
  new Counter({
    name: "lastlayer_tasks_total",
    help: "Inputs that a worker has finished with",
    registers,
    collect() {
      this.reset();
      this.inc(pool.status().completed);
    },
  });
  new Counter({
    name: "lastlayer_workers_replaced_total",
    help: "Workers that crashed or were stuck",
    registers,
    collect() {
      this.reset();
      this.inc(pool.status().replaced);
    },
  });
  new Counter({
    name: "lastlayer_tasks_dropped_total",
    help: "Inputs that left the queue unanswered, by reason",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(pool.status().dropped)) {
        this.inc({ reason }, count);
      }
    },
  });
  new Gauge({
    name: "lastlayer_worker_tensors",
    help: "Tensors alive in a worker after its last task",
    labelNames: ["worker"],
    registers,
    collect() {
      this.reset();
      pool.status().memory.forEach((memory, worker) => {
        if (memory) this.set({ worker: String(worker) }, memory.tensors);
      });
    },
  });
}

/** `GET /metrics`, in Prometheus' text format. */
export function metricsRoutes({ registry }: Metrics): Hono<AppEnv> {
  return new Hono<AppEnv>().get("/metrics", async (context) => {
    context.header("Content-Type", registry.contentType);
    return context.body(await registry.metrics());
  });
}

/** Documentation of {@linkcode metricsRoutes}. */
export const metricsPaths: ZodOpenApiPathsObject = {
  "/metrics": {
    get: {
      summary: "Metrics",
      tags: ["health"],
      responses: {
        200: {
          description: "Prometheus' text format",
          content: { "text/plain": { schema: { type: "string" } } },
        },
        401: errorResponses[401],
      },
    },
  },
};
