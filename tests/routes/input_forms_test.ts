import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { inputForm } from "../../routes/input_forms.ts";
import { TINY_INPUT } from "../models/tiny_model.ts";
import { SERIES_MODEL, TEXT_MODEL } from "./test_app.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("inputForm() reads a picture as bytes and as base64", () => {
  const form = inputForm(TINY_INPUT, 2);
  assertEquals(form.fromBytes(Uint8Array.of(1)), { kind: "image", bytes: Uint8Array.of(1) });
  assertEquals(form.fromJson("AQ==", 0), { kind: "image", bytes: Uint8Array.of(1) });
});

Deno.test("inputForm() reads text as UTF-8, up to a bound", () => {
  const form = inputForm(TEXT_MODEL.input, 2);
  assertEquals(form.fromBytes(encode("ñ")), { kind: "text", text: "ñ" });
  assertEquals(form.fromJson("ñ", 0), { kind: "text", text: "ñ" });
  const binary = assertThrows(() => form.fromBytes(Uint8Array.of(255)), ServiceError, "UTF-8");
  const long = assertThrows(() => form.fromBytes(new Uint8Array(129)), ServiceError, "at most 128");
  const longJson = assertThrows(
    () => form.fromJson("a".repeat(33), 0),
    ServiceError,
    "at least 17",
  );
  assertEquals(
    [binary.code, long.code, longJson.code],
    ["malformed_request", "invalid_value", "invalid_value"],
  );
});

Deno.test("inputForm() reads a series as CSV, as rows and as float32", () => {
  const form = inputForm(SERIES_MODEL.input, 2);
  const expected = { kind: "series", values: Float32Array.of(1, 2, 3, 4) };
  assertEquals(form.fromBytes(encode("1,2\n3,4\n")), expected as never);
  assertEquals(form.fromJson([[1, 2], [3, 4]], 0), expected as never);
  const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  assertEquals(form.fromFloats?.(floats, [2, 2]), expected as never);
  const error = assertThrows(() => form.fromBytes(encode("1,2\n3,x\n")), ServiceError);
  assertStringIncludes(error.message, 'row 1, channel 1 is "x"');
});

Deno.test("inputForm() reads a vector as a line of CSV and as a list", () => {
  const form = inputForm({ kind: "vector", length: 2 }, 2);
  const expected = { kind: "vector", values: Float32Array.of(1, 2) };
  assertEquals(form.fromBytes(encode("1,2\n")), expected as never);
  assertEquals(form.fromJson([1, 2], 0), expected as never);
  assertThrows(() => form.fromBytes(encode("1,\n")), ServiceError, 'value 1 is ""');
  assertThrows(() => form.fromBytes(encode("1,2,3")), ServiceError, "list of 2 numbers: found 3");
  assertThrows(() => form.fromBytes(new Uint8Array(65)), ServiceError, "at most 64 bytes");
});

Deno.test("inputForm() allows as many values in JSON as all inputs together may have, to a bound", () => {
  assertEquals(inputForm(TEXT_MODEL.input, 2).jsonTokensMax, 24);
  assertEquals(inputForm(SERIES_MODEL.input, 2).jsonTokensMax, 3 * (8 + 4 * 3));
  assertEquals(inputForm(SERIES_MODEL.input, 1_000_000).jsonTokensMax, 500_000);
  const long = { kind: "series", channels: 1, stepsMax: 1_000_000 } as const;
  assertEquals(inputForm(long, 2).jsonTokensMax, 500_000);
  assertEquals(inputForm({ kind: "vector", length: 5 }, 2).jsonTokensMax, 3 * (8 + 5));
});
