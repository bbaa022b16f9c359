import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import type { InferenceTask } from "../../../models/inference_task.ts";
import { InferencePool } from "../../../models/pool/inference_pool.ts";
import { spawnWorkerExecutor } from "../../../models/pool/worker_executor.ts";
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
