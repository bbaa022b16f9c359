import { assertEquals, assertThrows } from "@std/assert";
import { cleanSampleName, readClassName } from "../../../lib/datasets/sample_names.ts";
import { ServiceError } from "../../../lib/service_error.ts";

Deno.test("readClassName() trims and composes, up to 100 characters", () => {
  assertEquals(readClassName("  T-shirt 👕 \n"), "T-shirt 👕");
  assertEquals(readClassName("Ka\u0308fer"), "K\u00e4fer");
  assertEquals(readClassName("a".repeat(100)), "a".repeat(100));
});

Deno.test("readClassName() refuses what is empty, too long or cannot be printed", () => {
  for (const text of ["", "  ", "a".repeat(101), "a\0b", "a\nb", "\ud800", "a\u2028b"]) {
    assertEquals(assertThrows(() => readClassName(text), ServiceError).code, "invalid_sample");
  }
});

Deno.test("cleanSampleName() replaces what cannot be printed and keeps the end", () => {
  assertEquals(cleanSampleName("cats/\0a.jpg"), "cats/\ufffda.jpg");
  assertEquals(cleanSampleName(`${"folder/".repeat(100)}a.jpg`).length, 255);
  assertEquals(cleanSampleName(`${"folder/".repeat(100)}a.jpg`).endsWith("/a.jpg"), true);
  assertEquals(cleanSampleName("\ud83d\udc55".repeat(200)).isWellFormed(), true);
});
