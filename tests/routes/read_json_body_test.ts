import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../routes/app_env.ts";
import { handleError } from "../../routes/errors.ts";
import { readJsonBody } from "../../routes/read_json_body.ts";
import { requestSignal } from "../../routes/request_signal.ts";

const schema = z.strictObject({ version: z.int("must be a whole number") });
const app = new Hono<AppEnv>().use(requestSignal(() => 1_000))
  .post(
    "/",
    async (context) => context.json(await readJsonBody(context, { schema, tokensMax: 8 })),
  );
app.onError(handleError);

async function send(body: string): Promise<[number, Record<string, unknown>]> {
  const response = await app.request("/", { method: "POST", body });
  return [response.status, await response.json()];
}

Deno.test("readJsonBody() gives what the schema reads", async () => {
  assertEquals(await send('{"version": 3}'), [200, { version: 3 }]);
});

Deno.test("readJsonBody() refuses what is no JSON, breaks a rule, or is too much", async () => {
  const faults = [
    ["{", 400, "malformed_request"],
    ["", 400, "malformed_request"],
    ['{"version": "3"}', 422, "invalid_value"],
    ['{"version": 3, "more": 1}', 422, "invalid_value"],
    [`{"version": [${"1,".repeat(9)}1]}`, 422, "invalid_value"],
  ] as const;
  for (const [body, status, code] of faults) {
    const [found, { code: foundCode }] = await send(body);
    assertEquals([found, foundCode], [status, code], body);
  }
});
