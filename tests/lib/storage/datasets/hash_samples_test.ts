import { assertEquals, assertNotEquals } from "@std/assert";
import { hashSamples } from "../../../../lib/storage/datasets/hash_samples.ts";

const samples = [{ sha256: "aa", class: "cat" }, { sha256: "bb", class: "dog" }];

Deno.test("hashSamples() depends on contents and classes, not on the order", () => {
  assertEquals(hashSamples(samples.toReversed()), hashSamples(samples));
  assertNotEquals(hashSamples(samples.slice(1)), hashSamples(samples));
  assertNotEquals(
    hashSamples([{ sha256: "aa", class: "dog" }, { sha256: "bb", class: "cat" }]),
    hashSamples(samples),
  );
});

Deno.test("hashSamples() cannot be misled by a class that looks like two samples", () => {
  const one = [{ sha256: "aa", class: 'cat"]\n["bb","dog' }];
  assertNotEquals(hashSamples(one), hashSamples(samples));
});

Deno.test("hashSamples() is SHA-256 of the JSON of hash and class, line by line", () => {
  // echo -n '["aa","cat"]' | sha256sum
  assertEquals(
    hashSamples(samples.slice(0, 1)),
    "60b6ed3be408e364dc8ce7fedaf5bf3725f1e6938d8ad509ef8fba0c8a372c3a",
  );
});
