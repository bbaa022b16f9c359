import { assertEquals, assertRejects } from "@std/assert";
import { limitConcurrency } from "../../lib/limit_concurrency.ts";
import { ServiceError } from "../../lib/service_error.ts";

Deno.test("limitConcurrency() refuses what is beyond the limit, until something ends", async () => {
  const run = limitConcurrency({ max: 2, name: "imports" });
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const running = [run(() => first.promise), run(() => second.promise)];
  const refused = () => run(() => Promise.resolve("third"));
  const error = await assertRejects(refused, ServiceError, "at most 2 imports");
  assertEquals([error.code, error.retryAfterSeconds], ["queue_full", 1]);
  first.resolve("first");
  assertEquals(await running[0], "first");
  assertEquals(await refused(), "third");
  second.resolve("second");
  assertEquals(await running[1], "second");
});

Deno.test("limitConcurrency() counts work that fails as ended", async () => {
  const run = limitConcurrency({ max: 1, name: "imports" });
  const failed = () => run(() => Promise.reject(new Error("broken")));
  await assertRejects(failed, Error, "broken");
  await assertRejects(failed, Error, "broken");
  const thrown = () =>
    run(() => {
      throw new TypeError("at once");
    });
  await assertRejects(thrown, TypeError);
  assertEquals(await run(() => Promise.resolve(1)), 1);
});
