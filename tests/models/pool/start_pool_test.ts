import { assertEquals } from "@std/assert";
import { startInferencePool } from "../../../models/pool/start_pool.ts";
import { loadEngineModules, makeTinyArtifact, readFixture } from "../tiny_model.ts";
import { makeTask } from "./fake_executor.ts";

const OPTIONS = { size: 2, queueMax: 4, taskTimeoutMs: 10_000 };

for (const { workers, size } of [{ workers: true, size: 2 }, { workers: false, size: 1 }]) {
  Deno.test(`startInferencePool() runs tasks ${workers ? "in workers" : "inline"}`, async () => {
    const pool = await startInferencePool(await loadEngineModules(), { ...OPTIONS, workers });
    await pool.load(makeTinyArtifact());
    const bytes = readFixture("baseline.jpg");
    const input = { kind: "image", bytes } as const;
    const task = { ...makeTask("tiny"), input, pixelsMax: 1_000_000 };
    const [result] = await Promise.all(pool.run([task], new AbortController().signal));
    assertEquals(result?.answer.verb, "classify");
    assertEquals(pool.status().size, size);
    pool.close();
  });
}
