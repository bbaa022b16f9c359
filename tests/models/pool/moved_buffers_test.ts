import { assertEquals } from "@std/assert";
import { answerBuffers, inputBuffers } from "../../../models/pool/moved_buffers.ts";
import { makeTask } from "./fake_executor.ts";

Deno.test("inputBuffers() lists the memory of each kind of input", () => {
  const bytes = Uint8Array.of(1);
  assertEquals(inputBuffers({ ...makeTask(), input: { kind: "image", bytes } }), [bytes.buffer]);
  const values = Float32Array.of(1);
  assertEquals(inputBuffers({ ...makeTask(), input: { kind: "series", values } }), [values.buffer]);
  assertEquals(inputBuffers({ ...makeTask(), input: { kind: "text", text: "a" } }), []);
});

Deno.test("answerBuffers() lists the memory of each kind of answer", () => {
  const embedding = Float32Array.of(1);
  assertEquals(answerBuffers({ verb: "embed", embedding }), [embedding.buffer]);
  assertEquals(answerBuffers({ verb: "classify", predictions: [] }), []);
});
