import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { readCode } from "../../routes/read_code.ts";

function readJson(json: unknown) {
  const bytes = new TextEncoder().encode(JSON.stringify(json));
  return readCode({ bytes, contentType: "", mediaType: "application/json" }, 2);
}

function readBytes(bytes: Uint8Array<ArrayBuffer>) {
  return readCode({ bytes, contentType: "", mediaType: "application/octet-stream" }, 2);
}

Deno.test("readCode() reads numbers and bytes, as JSON and as they are", () => {
  const floats = { kind: "code", values: Float32Array.of(0.5, -1) } as const;
  const bytes = { kind: "code", values: Uint8Array.of(0, 255) } as const;
  assertEquals(readJson({ inputs: [0.5, -1] }), floats);
  assertEquals(readBytes(new Uint8Array(floats.values.buffer)), floats);
  assertEquals(readJson({ inputs: [0, 255], dtype: "uint8" }), bytes);
  assertEquals(readBytes(Uint8Array.of(0, 255)), bytes);
});

Deno.test("readCode() states the rule and the value found", () => {
  const refusal = (read: () => unknown) => assertThrows(read, ServiceError).message;
  assertStringIncludes(refusal(() => readJson({ inputs: [1] })), "2 numbers: it has 1");
  assertStringIncludes(refusal(() => readJson({ inputs: [1, "2"] })), "inputs.1 must be a number");
  assertStringIncludes(refusal(() => readJson({ inputs: [1, 1e39] })), "number 1 is 1e+39");
  for (const value of [256, -1, 0.5]) {
    const read = () => readJson({ inputs: [0, value], dtype: "uint8" });
    assertStringIncludes(refusal(read), `0 to 255: current value is ${value}`);
  }
  assertStringIncludes(
    refusal(() => readJson({ inputs: Array(1000).fill(0) })),
    "at most 18 values",
  );
  assertStringIncludes(refusal(() => readBytes(new Uint8Array(3))), "2 bytes, or 8 as float32");
  const infinite = new Uint8Array(Float32Array.of(0, Infinity).buffer);
  assertStringIncludes(refusal(() => readBytes(infinite)), "number 1 is Infinity");
});
