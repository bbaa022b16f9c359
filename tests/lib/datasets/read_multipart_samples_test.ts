import { assert, assertEquals, assertRejects } from "@std/assert";
import { readMultipartSamples } from "../../../lib/datasets/read_multipart_samples.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readAll, streamText } from "./sample_fixtures.ts";

const LIMITS = { partsMax: 10, partBytesMax: 100, totalBytesMax: 1000 };

/** Encodes a form as a browser does. */
function encodeForm(parts: [field: string, content: string, fileName?: string][]): Response {
  const form = new FormData();
  for (const [field, content, fileName] of parts) {
    if (fileName === undefined) form.append(field, content);
    else form.append(field, new File([content], fileName));
  }
  return new Response(form);
}

function readForm(response: Response, limits: Partial<typeof LIMITS> = {}): Promise<string[][]> {
  const contentType = response.headers.get("Content-Type") ?? "";
  assert(response.body);
  return readAll(readMultipartSamples(response.body, { contentType, ...LIMITS, ...limits }));
}

Deno.test("readMultipartSamples() takes the field for the class", async () => {
  const form = encodeForm([["cat", "1", "a.jpg"], ["cat", "2", "b.jpg"], ["köter", "3", "ç.jpg"]]);
  assertEquals(await readForm(form), [
    ["a.jpg", "cat", "1"],
    ["b.jpg", "cat", "2"],
    ["ç.jpg", "köter", "3"],
  ]);
});

Deno.test("readMultipartSamples() takes texts too, and rejects parts without a class", async () => {
  assertEquals(await readForm(encodeForm([["good", "nice"], ["", "2", "b.jpg"]])), [
    ["part 1", "good", "nice"],
    ["b.jpg", "invalid_sample"],
  ]);
});

Deno.test("readMultipartSamples() rejects a part whose names are not UTF-8, and reads the others", async () => {
  const part = (field: string) =>
    `--B\r\nContent-Disposition: form-data; name="${field}"; filename="a"\r\n\r\n1\r\n`;
  const text = `${part("k\xf6ter")}${part("cat")}--B--\r\n`;
  const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const headers = { "Content-Type": "multipart/form-data; boundary=B" };
  assertEquals(await readForm(new Response(latin1, { headers })), [
    ["part 1", "invalid_sample"],
    ["a", "cat", "1"],
  ]);
});

Deno.test("readMultipartSamples() keeps to each limit", async () => {
  const form = () => encodeForm([["a", "123", "1"], ["a", "456", "2"]]);
  assertEquals(
    (await readForm(form(), { partsMax: 2, partBytesMax: 3, totalBytesMax: 6 })).length,
    2,
  );
  for (
    const [limits, code] of [
      [{ partsMax: 1 }, "malformed_request"],
      [{ partBytesMax: 2 }, "body_too_large"],
      [{ totalBytesMax: 5 }, "body_too_large"],
    ] as const
  ) {
    const error = await assertRejects(() => readForm(form(), limits), ServiceError);
    assertEquals(error.code, code);
  }
});

Deno.test("readMultipartSamples() refuses a body without an end or boundary", async () => {
  for (
    const [contentType, text] of [
      ["multipart/form-data", "--b--"],
      ["multipart/form-data; boundary=b", "no boundary at all"],
      [
        "multipart/form-data; boundary=b",
        '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
      ],
      ["multipart/form-data; boundary=b", ""],
    ] as const
  ) {
    const error = await assertRejects(
      () => readAll(readMultipartSamples(streamText(text), { contentType, ...LIMITS })),
      ServiceError,
    );
    assertEquals(error.code, "malformed_request", text);
  }
});
