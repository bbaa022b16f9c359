import { assertEquals, assertRejects } from "@std/assert";
import { splitLines } from "../../../lib/datasets/split_lines.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { streamText } from "./sample_fixtures.ts";

async function split(stream: ReadableStream<Uint8Array>, max = 100): Promise<string[]> {
  return await Array.fromAsync(splitLines(stream, max));
}

Deno.test("splitLines() gives the same lines however the bytes arrive", async () => {
  const text = "one\r\n\nzwölf 👕\nlast";
  for (let pieceBytes = 1; pieceBytes < 30; pieceBytes++) {
    assertEquals(await split(streamText(text, pieceBytes)), ["one", "", "zwölf 👕", "last"]);
  }
  assertEquals(await split(streamText("")), []);
  assertEquals(await split(streamText("a\n")), ["a"]);
});

Deno.test("splitLines() takes a line at the limit and refuses a longer one", async () => {
  assertEquals(await split(streamText("12345\n12345"), 5), ["12345", "12345"]);
  const error = await assertRejects(
    () => split(streamText("1\n123456"), 5),
    ServiceError,
    "line 2",
  );
  assertEquals(error.code, "body_too_large");
});

Deno.test("splitLines() refuses what is not UTF-8", async () => {
  const stream = ReadableStream.from([new Uint8Array([0x61, 0x0a, 0xff, 0x0a])]);
  const error = await assertRejects(() => split(stream), ServiceError, "line 2 as UTF-8");
  assertEquals(error.code, "malformed_request");
});
