import { assertEquals, assertStringIncludes } from "@std/assert";
import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../routes/app_env.ts";
import { handleError } from "../../routes/errors.ts";
import { validateQuery } from "../../routes/validate_query.ts";

const schema = z.strictObject({ k: z.string().regex(/^\d$/, "must be a digit").default("1") });
const app = new Hono<AppEnv>().get(
  "/",
  validateQuery(schema),
  (context) => context.json(context.req.valid("query")),
);
app.onError(handleError);

Deno.test("validateQuery() fills in defaults", async () => {
  assertEquals(await (await app.request("/")).json(), { k: "1" });
});

Deno.test("validateQuery() names the parameter and its rule", async () => {
  const response = await app.request("/?k=ten");
  const { error } = await response.json();
  assertEquals(response.status, 422);
  assertStringIncludes(error, 'k must be a digit: current value is "ten"');
});

Deno.test("validateQuery() refuses parameters that the schema does not have", async () => {
  const response = await app.request("/?other=1");
  assertEquals(response.status, 422);
  assertStringIncludes((await response.json()).error, 'must not have "other"');
});
