import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { readMultipartFiles } from "../../routes/multipart_files.ts";

const CONTENT_TYPE = "multipart/form-data; boundary=XyZ";

function part(content: string, disposition = 'name="a"; filename="a.jpg"'): string {
  return `--XyZ\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
}

function read(text: string, { contentType = CONTENT_TYPE, inputsMax = 3 } = {}) {
  return readMultipartFiles({ bytes: new TextEncoder().encode(text), contentType }, { inputsMax });
}

Deno.test("readMultipartFiles() reads files with their names, in order", async () => {
  const files = await read(`${part("one")}${part("two")}--XyZ--\r\n`);
  const texts = files.map(({ bytes }) => new TextDecoder().decode(bytes));
  assertEquals(texts, ["one", "two"]);
  assertEquals(files.map(({ name }) => name), ["a.jpg", "a.jpg"]);
});

Deno.test("readMultipartFiles() reads as many files as are allowed, and a quoted boundary", async () => {
  const body = `${part("1").repeat(3)}--XyZ--\r\n`;
  const contentType = 'multipart/form-data; boundary="XyZ"';
  assertEquals((await read(body, { contentType })).length, 3);
});

Deno.test("readMultipartFiles() counts parts before it parses them", async () => {
  const body = new TextEncoder().encode(`${part("").repeat(200_000)}--XyZ--\r\n`);
  const started = performance.now();
  const error = await assertRejects(
    () => readMultipartFiles({ bytes: body, contentType: CONTENT_TYPE }, { inputsMax: 3 }),
    ServiceError,
    "at most 3 parts",
  );
  assertEquals(error.code, "invalid_value");
  assert(performance.now() - started < 500);
});

Deno.test("readMultipartFiles() refuses bodies that are broken or have no file", async () => {
  const bodies = ["", "--XyZ--\r\n", part("cut off"), `${part("text", 'name="a"')}--XyZ--\r\n`];
  for (const body of bodies) {
    const error = await assertRejects(() => read(body), ServiceError);
    assertEquals(error.code, "malformed_request", body);
  }
  await assertRejects(
    () => read("", { contentType: "multipart/form-data" }),
    ServiceError,
    "boundary",
  );
});

Deno.test("readMultipartFiles() shows the beginning of a long field name", async () => {
  const body = `${part("text", `name="${"x".repeat(10_000)}"`)}--XyZ--\r\n`;
  const error = await assertRejects(() => read(body), ServiceError, "must be a file");
  assert(error.message.length < 200);
});
