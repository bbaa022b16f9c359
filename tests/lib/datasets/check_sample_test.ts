import { assertEquals, assertThrows } from "@std/assert";
import { checkSample } from "../../../lib/datasets/check_sample.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import type { DatasetKind } from "../../../lib/storage/datasets/datasets.ts";
import { readFixture } from "../images/fixture_pictures.ts";
import { encode } from "../storage/storage_fixtures.ts";

function check(bytes: Uint8Array, kind: DatasetKind, sampleBytesMax = 10_000): void {
  checkSample({ bytes: new Uint8Array(bytes) }, { kind, sampleBytesMax, pixelsMax: 10_000 });
}

function refuse(bytes: Uint8Array, kind: DatasetKind, sampleBytesMax?: number): string {
  return assertThrows(() => check(bytes, kind, sampleBytesMax), ServiceError).code;
}

Deno.test("checkSample() takes what the kind is made of", () => {
  check(readFixture("baseline.jpg"), "image");
  check(encode("wörd"), "text");
  check(Uint8Array.of(0xff), "vector");
  check(Uint8Array.of(0xff), "series");
});

Deno.test("checkSample() takes a sample at the limit and none above it", () => {
  check(encode("12345"), "text", 5);
  assertEquals(refuse(encode("123456"), "text", 5), "body_too_large");
});

Deno.test("checkSample() refuses what is empty, or of another kind", () => {
  for (const kind of ["image", "text", "series", "vector"] as const) {
    assertEquals(refuse(new Uint8Array(), kind), "invalid_sample");
  }
  assertEquals(refuse(encode("a text"), "image"), "not_an_image");
  assertEquals(refuse(readFixture("baseline.jpg").subarray(0, -9), "image"), "invalid_image");
  assertEquals(refuse(readFixture("baseline.jpg"), "text"), "invalid_sample");
  assertEquals(refuse(encode(" \n"), "text"), "invalid_sample");
});
