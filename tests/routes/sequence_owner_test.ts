import { assertEquals, assertNotEquals } from "@std/assert";
import { Hono } from "hono";
import type { AppEnv } from "../../routes/app_env.ts";
import { sequenceOwner } from "../../routes/sequence_owner.ts";

const KEYS = ["first-key-0123456789", "second-key-0123456789"];

async function ownerOf(authorization: string, apiKeys: readonly string[] = KEYS): Promise<string> {
  const app = new Hono<AppEnv>().get("/", (context) => {
    return context.text(sequenceOwner(context, apiKeys));
  });
  return await (await app.request("/", { headers: { Authorization: authorization } })).text();
}

Deno.test("sequenceOwner() tells keys apart and keeps none of them", async () => {
  const [first, second] = await Promise.all(KEYS.map((key) => ownerOf(`Bearer ${key}`)));
  assertNotEquals(first, second);
  assertEquals([first?.length, first?.includes(KEYS[0] ?? "")], [64, false]);
  assertEquals(await ownerOf(`bearer  ${KEYS[0]}`), first);
});

Deno.test("sequenceOwner() is the same for all where no keys are asked for", async () => {
  assertEquals(await ownerOf("Bearer anything", []), "");
});
