import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { ServiceError } from "../../../lib/service_error.ts";
import type { InferenceTask } from "../../../models/inference_task.ts";
import type { ModelArtifact } from "../../../models/model_artifact.ts";
import { InferencePool } from "../../../models/pool/inference_pool.ts";
import { spawnWorkerExecutor } from "../../../models/pool/worker_executor.ts";
import { countBusyThreads } from "../../../models/threads/end_worker.ts";
import { startTestBackend } from "../formats/test_backend.ts";
import { saveLayersModel } from "../formats/tfjs_fixtures.ts";
import { waitUntil } from "../threads/busy_worker.ts";
import { loadEngineModules, makeTinyArtifact, readFixture } from "../tiny_model.ts";
import { makeTask } from "./fake_executor.ts";

function makePictureTask(): InferenceTask & { input: { kind: "image" } } {
  const input = { kind: "image", bytes: readFixture("baseline.jpg") } as const;
  return { ...makeTask("tiny"), input, pixelsMax: 1_000_000 };
}

Deno.test("spawnWorkerExecutor() runs tasks in a worker and moves the bytes there", async () => {
  const executor = await spawnWorkerExecutor(await loadEngineModules());
  assertEquals(executor.backend.name, "wasm");
  const report = await executor.call("load", makeTinyArtifact());
  assertEquals(report.classCount, 3);
  const task = makePictureTask();
  const { answer } = await executor.call("run", { ...task, query: { verb: "embed" } });
  assertEquals(task.input.bytes.length, 0);
  assert(answer.verb === "embed");
  assertEquals(answer.embedding.length, 3);
  executor.terminate("the test is over");
  await executor.ended;
});

Deno.test("spawnWorkerExecutor() passes errors on with their codes", async () => {
  const executor = await spawnWorkerExecutor(await loadEngineModules());
  const unknown = await assertRejects(
    () => executor.call("run", makePictureTask()),
    ServiceError,
  );
  const files = new Map([["a", new Uint8Array(9)]]);
  const unusable = await assertRejects(
    () => executor.call("load", { id: "x", backbone: { ...makeTinyArtifact().backbone, files } }),
    ServiceError,
  );
  assertEquals([unknown.code, unusable.code], ["model_not_found", "model_unusable"]);
  executor.terminate("the test is over");
});

Deno.test("spawnWorkerExecutor() rejects what was in flight when the worker ends", async () => {
  const executor = await spawnWorkerExecutor(await loadEngineModules());
  await executor.call("load", makeTinyArtifact());
  const call = executor.call("run", makePictureTask());
  executor.terminate("the test ends it");
  const error = await assertRejects(() => call, ServiceError, "the test ends it");
  assertEquals(error.code, "worker_lost");
  await executor.ended;
  await waitUntil(() => countBusyThreads(0) === 0);
});

Deno.test("spawnWorkerExecutor() does not wait for the end of a thread that broke", async () => {
  const threads: Worker[] = [];
  const { Worker: Original } = globalThis;
  globalThis.Worker = class extends Original {
    constructor(...settings: ConstructorParameters<typeof Worker>) {
      super(...settings);
      threads.push(this);
    }
  };
  const executor = await spawnWorkerExecutor(await loadEngineModules())
    .finally(() => globalThis.Worker = Original);
  // No call of the service; the thread throws where nothing catches it.
  threads[0]?.postMessage(null);
  await executor.ended;
  executor.terminate("it could not load its models");
  await waitUntil(() => countBusyThreads(0) === 0);
});

/** Recurrent kernels that do nothing, until `runLstm` traps: on the first call, or on the second. */
function makeTrappingKernels({ callsSpared }: { callsSpared: 0 | 1 }): WebAssembly.Module {
  const section = (id: number, ...content: number[]) => [id, content.length, ...content];
  const exported = ["packMatrix", "addBias", "runLstm"].flatMap((name) => {
    return [name.length, ...new TextEncoder().encode(name), 0, name === "runLstm" ? 1 : 0];
  });
  const nothing = [0, 0x0b];
  // if (isSecond) unreachable; isSecond = 1
  const trap = [0, 0x23, 0, 0x04, 0x40, 0x00, 0x0b, 0x41, 1, 0x24, 0, 0x0b];
  return new WebAssembly.Module(Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 0, 0),
    ...section(3, 2, 0, 0),
    ...section(6, 1, 0x7f, 1, 0x41, 1 - callsSpared, 0x0b),
    ...section(7, 3, ...exported),
    ...section(10, 2, nothing.length, ...nothing, trap.length, ...trap),
  ));
}

/** An LSTM over series of two channels. */
async function makeSeriesArtifact(): Promise<ModelArtifact> {
  await startTestBackend();
  const network = sequential({
    layers: [
      layers.lstm({ units: 4, recurrentInitializer: "glorotNormal", inputShape: [null, 2] }),
      layers.dense({ units: 3 }),
    ],
  });
  const files = await saveLayersModel(network);
  network.dispose();
  const input = { kind: "series", channels: 2, stepsMax: 100 } as const;
  const backbone = { hash: "s", role: "classifier", format: "tfjs-layers", files, input } as const;
  return { id: "series", backbone };
}

function makeSeriesTask(): InferenceTask {
  return { ...makeTask("series"), input: { kind: "series", values: new Float32Array(6) } };
}

Deno.test("spawnWorkerExecutor() ends a worker whose kernels trap while a model is loaded", async () => {
  const recurrent = makeTrappingKernels({ callsSpared: 0 });
  const executor = await spawnWorkerExecutor({ ...await loadEngineModules(), recurrent });
  const artifact = await makeSeriesArtifact();
  const error = await assertRejects(() => executor.call("load", artifact), ServiceError);
  assertEquals(error.code, "worker_lost");
  await executor.ended;
});

Deno.test("a pool replaces a worker whose kernels trap, and other models answer on", async () => {
  const modules = await loadEngineModules();
  // Loading runs the network once.
  const recurrent = makeTrappingKernels({ callsSpared: 1 });
  const pool = await InferencePool.start({
    size: 1,
    queueMax: 8,
    taskTimeoutMs: 10_000,
    spawn: () => spawnWorkerExecutor({ ...modules, recurrent }),
  });
  await pool.load(makeTinyArtifact());
  await pool.load(await makeSeriesArtifact());
  const signal = new AbortController().signal;
  const [trapped] = pool.run([makeSeriesTask()], signal);
  const error = await assertRejects(() => trapped as Promise<unknown>, ServiceError);
  const [picture] = await Promise.all(pool.run([makePictureTask()], signal));
  assertEquals([error.code, picture?.answer.verb], ["worker_lost", "classify"]);
  assertEquals(pool.status().replaced, 1);
  pool.close();
});

Deno.test("spawnWorkerExecutor() throws when the backend does not start", async () => {
  const modules = await loadEngineModules();
  const tfjs = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  await assertRejects(() => spawnWorkerExecutor({ ...modules, tfjs }), Error, "WASM backend");
});

Deno.test("a pool of workers shares one copy of a model and gives each worker the same answers", async () => {
  const modules = await loadEngineModules();
  const pool = await InferencePool.start({
    size: 2,
    queueMax: 8,
    taskTimeoutMs: 10_000,
    spawn: () => spawnWorkerExecutor(modules),
  });
  const { id, backbone } = makeTinyArtifact();
  const file = backbone.files.get("model.tflite") ?? new Uint8Array();
  const shared = new Uint8Array(new SharedArrayBuffer(file.length));
  shared.set(file);
  await pool.load({ id, backbone: { ...backbone, files: new Map([["model.tflite", shared]]) } });
  const tasks = Array.from({ length: 6 }, makePictureTask);
  const results = await Promise.all(pool.run(tasks, new AbortController().signal));
  const scores = results.map(({ answer }) =>
    answer.verb === "classify" && answer.predictions[0]?.score
  );
  for (const score of scores) assertAlmostEquals(Number(score), Number(scores[0]), 0);
  assertEquals(pool.status().memory.length, 2);
  pool.close();
});
