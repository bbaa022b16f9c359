import { assertEquals, assertThrows } from "@std/assert";
import { parseLabels } from "../../../models/hub/parse_labels.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("parseLabels() returns one label per line", () => {
  assertEquals(parseLabels(encode("background\ntench, Tinca tinca\n"), 2), [
    "background",
    "tench, Tinca tinca",
  ]);
});

Deno.test("parseLabels() reads shared memory", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  shared.set(encode("a\nb\n"));
  assertEquals(parseLabels(shared, 2), ["a", "b"]);
});

Deno.test("parseLabels() accepts a byte order mark, CRLF and no newline at the end", () => {
  assertEquals(parseLabels(encode("\uFEFFcat\r\nköter"), 2), ["cat", "köter"]);
});

Deno.test("parseLabels() cuts off the index where every line counts from 0", () => {
  assertEquals(parseLabels(encode("0  background\n1  tench\n"), 2), ["background", "tench"]);
});

Deno.test("parseLabels() keeps numbers that are part of the names", () => {
  for (const text of ["0 zero\n2 two", "1 one\n2 two", "0 zero\none", "0\n1"]) {
    assertEquals(parseLabels(encode(text), 2), text.split("\n"));
  }
});

Deno.test("parseLabels() keeps names that repeat", () => {
  assertEquals(parseLabels(encode("crane\ncrane\n"), 2), ["crane", "crane"]);
});

Deno.test("parseLabels() throws RangeError when the number of lines is not the class count", () => {
  for (const text of ["cat", "cat\ndog\nbird\n"]) {
    assertThrows(
      () => parseLabels(encode(text), 2),
      RangeError,
      `there must be one line for each of 2 classes: current number of lines is ${
        text.trim().split("\n").length
      }`,
    );
  }
});

Deno.test("parseLabels() throws SyntaxError for an empty line or bytes that are not UTF-8", () => {
  assertThrows(() => parseLabels(encode("cat\n\ndog\n"), 3), SyntaxError, "line 2 is empty");
  assertThrows(() => parseLabels(new Uint8Array([0x63, 0xff]), 1), SyntaxError, "not UTF-8");
});
