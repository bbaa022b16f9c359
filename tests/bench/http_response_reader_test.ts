import { assertEquals, assertRejects } from "@std/assert";
import { type ByteSource, HttpResponseReader } from "../../bench/http_response_reader.ts";

/** Gives the text in parts of a few bytes, as a network may. */
function sourceOf(text: string, partLength: number): ByteSource {
  let rest = new TextEncoder().encode(text);
  return {
    read(buffer) {
      if (rest.length === 0) return Promise.resolve(null);
      const part = rest.subarray(0, Math.min(partLength, buffer.length));
      buffer.set(part);
      rest = rest.subarray(part.length);
      return Promise.resolve(part.length);
    },
  };
}

const TWO_RESPONSES = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{\r\n\r\n" +
  "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";

for (const partLength of [1, 7, 1000]) {
  Deno.test(`HttpResponseReader reads responses that come in parts of ${partLength}`, async () => {
    const reader = new HttpResponseReader(sourceOf(TWO_RESPONSES, partLength));
    assertEquals((await reader.read()).status, 200);
    const { status, headers } = await reader.read();
    assertEquals(status, 429);
    assertEquals(headers.get("retry-after"), "1");
  });
}

Deno.test("HttpResponseReader refuses a connection that ends inside a response", async () => {
  const text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{";
  await assertRejects(() => new HttpResponseReader(sourceOf(text, 9)).read(), Error, "ended");
});

Deno.test("HttpResponseReader refuses a response without Content-Length", async () => {
  const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  await assertRejects(
    () => new HttpResponseReader(sourceOf(text, 9)).read(),
    Error,
    "Content-Length",
  );
});

Deno.test("HttpResponseReader refuses a response above 64 KiB", async () => {
  const text = `HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n${"x".repeat(70_000)}`;
  await assertRejects(() => new HttpResponseReader(sourceOf(text, 9999)).read(), Error, "too long");
});
