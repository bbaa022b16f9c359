import { assertEquals } from "@std/assert";
import { createTestApp, post } from "./test_app.ts";

Deno.test("refuseWhenFull() answers 429 before the body is touched", async () => {
  await using test = await createTestApp({ run: () => new Promise(() => {}) }, { queueMax: 1 });
  const path = "/v1/models/tiny:embed";
  const waiting = [1, 2].map(() => test.app.request(path, post("x")));
  await new Promise((resolve) => setTimeout(resolve, 20));
  let pulled = 0;
  const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 });
  const response = await test.app.request(path, post(body));
  assertEquals([response.status, pulled], [429, 0]);
  await response.body?.cancel();
  // Other routes go on answering.
  const list = await test.app.request("/v1/models");
  assertEquals(list.status, 200);
  await list.body?.cancel();
  test.pool.close();
  await Promise.all(waiting);
});
