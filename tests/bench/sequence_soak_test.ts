import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { beginSequence, runSequenceSoak } from "../../bench/sequence_soak.ts";
import { makeDataDir, startServer } from "../server_process.ts";

Deno.test("runSequenceSoak() gets the answers of each sequence alone, and those left alone expire", async () => {
  await using data = await makeDataDir();
  await using service = await startServer(data.path, {
    WORKERS: "2",
    LOG_LEVEL: "error",
    SEQUENCE_TTL_MS: "3000",
  });
  const { url } = service;
  const idle = await beginSequence(url);
  const result = await runSequenceSoak({ url, sequences: 60, durationMs: 2_000, concurrency: 8 });
  assertLessOrEqual(result.differenceMax, 1e-5);
  assert(result.pieces > 60 && result.steps > result.pieces && result.refused > 0);
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  assertEquals((await (await fetch(url + idle)).json()).code, "sequence_expired");
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assertEquals(/^lastlayer_sequences (\d+)$/m.exec(metrics)?.[1], "0");
});

Deno.test("runSequenceSoak() ends with the first answer that is not as it must be", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => Response.json({ code: "internal_error" }, { status: 500 }),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  await assertRejects(
    () => runSequenceSoak({ url, sequences: 1, durationMs: 10, concurrency: 1 }),
    Error,
    "must answer 200: it answers 500",
  );
});
