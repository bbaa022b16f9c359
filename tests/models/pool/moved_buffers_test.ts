import { assertEquals } from "@std/assert";
import { seedRandom } from "../../../lib/random.ts";
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
  const [other, state] = [Int32Array.of(2), Float32Array.of(3)];
  const piece = { count: 1, temperature: 1, topK: 0, random: seedRandom(1), logprobs: undefined };
  const texts = [{ ...piece, tokens, state: undefined }, {
    ...piece,
    tokens: other,
    state: values,
  }];
  const buffers = inputBuffers({ ...makeTask(), input: { kind: "texts", texts } });
  assertEquals(buffers, [tokens.buffer, other.buffer, values.buffer]);
  const resumed = { kind: "text", text: "a", state: values } as const;
  assertEquals(inputBuffers({ ...makeTask(), input: resumed }), [values.buffer]);
  const series = { kind: "series", values, state: state } as const;
  assertEquals(inputBuffers({ ...makeTask(), input: series }), [values.buffer, state.buffer]);
  assertEquals(inputBuffers({ ...makeTask(), input: { kind: "text", text: "a" } }), []);
});

Deno.test("answerBuffers() lists the memory of each kind of answer", () => {
  const embedding = Float32Array.of(1);
  assertEquals(answerBuffers({ verb: "embed", embedding }), [embedding.buffer]);
  const [tokens, state] = [Int32Array.of(1), Float32Array.of(1)];
  const outputs = { scores: embedding };
  assertEquals(answerBuffers({ verb: "predict", outputs }), [embedding.buffer]);
  const moved = answerBuffers({ verb: "predict", outputs, state });
  assertEquals(moved, [embedding.buffer, state.buffer]);
  const texts = [{ tokens, state, random: new Uint32Array(4) }];
  assertEquals(answerBuffers({ verb: "generate", texts }), [tokens.buffer, state.buffer]);
  const picture = Uint8Array.of(1);
  assertEquals(answerBuffers({ verb: "encode", code: picture }), [picture.buffer]);
  assertEquals(answerBuffers({ verb: "decode", picture }), [picture.buffer]);
  assertEquals(answerBuffers({ verb: "reconstruct", picture }), [picture.buffer]);
  const error = { verb: "reconstruct", squaredError: 0, anomalyScore: 0 } as const;
  assertEquals(answerBuffers(error), []);
  assertEquals(answerBuffers({ verb: "classify", predictions: [] }), []);
  assertEquals(answerBuffers({ verb: "classify", predictions: [], state }), [state.buffer]);
});
