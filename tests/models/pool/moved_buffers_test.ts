import { assertEquals } from "@std/assert";
import { answerBuffers, inputBuffers } from "../../../models/pool/moved_buffers.ts";
import { makeTask } from "./fake_executor.ts";

Deno.test("inputBuffers() lists the memory of each kind of input", () => {
  const bytes = Uint8Array.of(1);
  assertEquals(inputBuffers({ ...makeTask(), input: { kind: "image", bytes } }), [bytes.buffer]);
  const values = Float32Array.of(1);
  assertEquals(inputBuffers({ ...makeTask(), input: { kind: "series", values } }), [values.buffer]);
  const code = { kind: "code", values } as const;
  assertEquals(inputBuffers({ ...makeTask(), input: code }), [values.buffer]);
  const tokens = Int32Array.of(1);
  const first = { kind: "tokens", tokens, state: undefined } as const;
  assertEquals(inputBuffers({ ...makeTask(), input: first }), [tokens.buffer]);
  const next = { kind: "tokens", tokens, state: values } as const;
  assertEquals(inputBuffers({ ...makeTask(), input: next }), [tokens.buffer, values.buffer]);
  assertEquals(inputBuffers({ ...makeTask(), input: { kind: "text", text: "a" } }), []);
});

Deno.test("answerBuffers() lists the memory of each kind of answer", () => {
  const embedding = Float32Array.of(1);
  assertEquals(answerBuffers({ verb: "embed", embedding }), [embedding.buffer]);
  const [tokens, state] = [Int32Array.of(1), Float32Array.of(1)];
  const text = { verb: "generate", tokens, state, random: new Uint32Array(4) } as const;
  assertEquals(answerBuffers(text), [tokens.buffer, state.buffer]);
  const picture = Uint8Array.of(1);
  assertEquals(answerBuffers({ verb: "encode", code: picture }), [picture.buffer]);
  assertEquals(answerBuffers({ verb: "decode", picture }), [picture.buffer]);
  assertEquals(answerBuffers({ verb: "reconstruct", picture }), [picture.buffer]);
  const error = { verb: "reconstruct", squaredError: 0, anomalyScore: 0 } as const;
  assertEquals(answerBuffers(error), []);
  assertEquals(answerBuffers({ verb: "classify", predictions: [] }), []);
});
