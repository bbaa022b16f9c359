import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { parseArchiveJson, refuseModel } from "../../../models/archive/archive_json.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("parseArchiveJson() reads an object, with a byte order mark too", () => {
  assertEquals(parseArchiveJson(encode('\uFEFF{"a":[1]}'), "a.json"), { a: [1] });
});

Deno.test("parseArchiveJson() refuses what is no object, naming the file", () => {
  const broken: [Uint8Array, string][] = [
    [encode(""), "a.json is not JSON"],
    [encode("{"), "a.json is not JSON"],
    [Uint8Array.of(0x22, 0xff, 0x22), "a.json is not JSON"],
    [encode("[]"), "a.json is not a JSON object"],
    [encode("null"), "a.json is not a JSON object"],
    [encode(`[${"1,".repeat(1_000_000)}1]`), "a.json must have at most"],
    [new Uint8Array(32 * 2 ** 20 + 1), "a.json must have at most"],
  ];
  for (const [bytes, rule] of broken) {
    const error = assertThrows(() => parseArchiveJson(bytes, "a.json"), ServiceError, rule);
    assertEquals(error.code, "model_unusable");
  }
});

Deno.test("refuseModel() keeps the cause", () => {
  const cause = new Error("why");
  const error = refuseModel("it must be sound", cause);
  assertEquals(error.message, "Cannot import model as it must be sound");
  assertEquals(error.cause, cause);
});
