import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { spawnInlineExecutor } from "../../../models/pool/inline_executor.ts";
import { InferencePool } from "../../../models/pool/inference_pool.ts";
import { loadEngineModules, makeTinyArtifact, readFixture } from "../tiny_model.ts";
import { makeTask } from "./fake_executor.ts";

Deno.test("spawnInlineExecutor() serves a pool in the calling thread", async () => {
  const modules = await loadEngineModules();
  const pool = await InferencePool.start({
    size: 1,
    queueMax: 4,
    taskTimeoutMs: 10_000,
    spawn: () => spawnInlineExecutor(modules),
  });
  await pool.load(makeTinyArtifact());
  const task = { ...makeTask("tiny"), pixelsMax: 1_000_000 };
  const tasks = ["baseline.jpg", "progressive.jpg", "lossy.webp"]
    .map((name) => ({ ...task, input: { kind: "image" as const, bytes: readFixture(name) } }));
  const results = await Promise.all(pool.run(tasks, new AbortController().signal));
  assertEquals(results.map(({ answer }) => answer.verb), ["classify", "classify", "classify"]);
  const [refused] = pool.run([task], new AbortController().signal);
  const error = await assertRejects(async () => await refused, ServiceError);
  assertEquals(error.code, "not_an_image");
  pool.close();
});
