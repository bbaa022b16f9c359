import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import {
  checkLabels,
  LABEL_LENGTH_MAX,
  LABELS_MAX,
  readLabelsFile,
} from "../../../models/archive/archive_labels.ts";
import { encodeLines } from "./archive_fixtures.ts";

Deno.test("readLabelsFile() reads the labels.txt of Teachable Machine and plain lists", () => {
  assertEquals(readLabelsFile(encodeLines("0 Class 1", "1 Class 2", "")), ["Class 1", "Class 2"]);
  assertEquals(readLabelsFile(encodeLines("Katze", "Köter")), ["Katze", "Köter"]);
});

Deno.test("readLabelsFile() refuses empty lines and other encodings", () => {
  for (const bytes of [encodeLines(""), encodeLines("a", "", "b"), Uint8Array.of(0xff)]) {
    const error = assertThrows(() => readLabelsFile(bytes), ServiceError, "labels.txt");
    assertEquals(error.code, "model_unusable");
  }
});

Deno.test("checkLabels() trims labels and allows the limits", () => {
  assertEquals(checkLabels([" a ", "a"], "x"), ["a", "a"]);
  const longest = "x".repeat(LABEL_LENGTH_MAX);
  assertEquals(checkLabels(new Array(LABELS_MAX).fill(longest), "x").length, LABELS_MAX);
});

Deno.test("checkLabels() refuses other values, naming the label and its place", () => {
  const broken: [unknown, string][] = [
    [undefined, "x must have a list of 1 to 65536 labels: found undefined"],
    [[], "x must have a list of 1 to 65536 labels: found 0"],
    [new Array(LABELS_MAX + 1).fill("a"), "found 65537"],
    [["a", " "], "label 1 of x must be a text of 1 to 256 characters"],
    [[7], "label 0 of x must be a text"],
    [["x".repeat(LABEL_LENGTH_MAX + 1)], "label 0 of x must be a text"],
  ];
  for (const [labels, rule] of broken) {
    const error = assertThrows(() => checkLabels(labels, "x"), ServiceError, rule);
    assertEquals(error.code, "model_unusable");
  }
});
