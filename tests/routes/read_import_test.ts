import { assertEquals, assertStringIncludes } from "@std/assert";
import { Hono } from "hono";
import type { AppEnv } from "../../routes/app_env.ts";
import { handleError } from "../../routes/errors.ts";
import { readImport } from "../../routes/read_import.ts";
import { requestSignal } from "../../routes/request_signal.ts";

const app = new Hono<AppEnv>().use(requestSignal(() => 1_000)).post("/", async (context) => {
  const { bytes, fields } = await readImport(context);
  return context.json({ bytes: [...bytes], fields });
});
app.onError(handleError);

async function send(query: string, body: BodyInit) {
  const response = await app.request(`/${query}`, { method: "POST", body });
  return { status: response.status, body: await response.json() };
}

function makeForm(fields: Record<string, string>, files = ["model.zip"]): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const name of files) form.append("file", new Blob([Uint8Array.of(1, 2)]), name);
  return form;
}

Deno.test("readImport() reads the file as the body, and its fields out of the query", async () => {
  const { body } = await send("?name=pets&publish=false", Uint8Array.of(7));
  assertEquals(body, { bytes: [7], fields: { name: "pets", publish: "false" } });
});

Deno.test("readImport() reads a form, whose fields go before the query", async () => {
  const preprocessing = '{"scale": 0.5, "fit": "stretch"}';
  const { body } = await send(
    "?name=query&licence=MIT",
    makeForm({ name: "form", labels: "cat\n dog \n", preprocessing }),
  );
  assertEquals(body, {
    bytes: [1, 2],
    fields: {
      name: "form",
      licence: "MIT",
      labels: ["cat", "dog"],
      preprocessing: { scale: 0.5, fit: "stretch" },
      publish: "true",
    },
  });
  const listed = await send("?name=a", makeForm({ labels: '["a b", "c,d"]' }));
  assertEquals(listed.body.fields.labels, ["a b", "c,d"]);
});

Deno.test("readImport() refuses a body without one file", async () => {
  for (
    const body of [new Uint8Array(), makeForm({ name: "a" }, []), makeForm({}, ["a.zip", "b.zip"])]
  ) {
    const answer = await send("?name=a", body);
    assertEquals([answer.status, answer.body.code], [400, "malformed_request"]);
  }
});

Deno.test("readImport() names the field that breaks its rule", async () => {
  const faults: [Record<string, string>, string][] = [
    [{ name: "" }, "name must be 1 to 64"],
    [{ name: "UPPER" }, "name must be 1 to 64"],
    [{ labels: "" }, "labels must be a JSON list"],
    [{ labels: "[1]" }, "labels must be a JSON list"],
    [{ labels: "[broken" }, "labels must be a JSON list"],
    [{ preprocessing: "none" }, "preprocessing must be a JSON object"],
    [{ preprocessing: '{"crop_fraction": 0}' }, "preprocessing must be a JSON object"],
    [{ publish: "maybe" }, "publish must be true or false"],
    [{ licence: "x".repeat(101) }, "licence must have at most 100"],
    [{ more: "1" }, 'must not have "more"'],
  ];
  for (const [fields, message] of faults) {
    const { status, body } = await send("", makeForm({ name: "a", ...fields }));
    assertEquals([status, body.code], [422, "invalid_value"], message);
    assertStringIncludes(body.error, message);
  }
  const missing = await send("", makeForm({}));
  assertStringIncludes(missing.body.error, "name must be 1 to 64");
});
