import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import {
  type CharacterLogprobs,
  generateText,
  type GenerationRequest,
} from "../../models/generate_text.ts";
import { TextBatcher } from "../../models/text_batcher.ts";
import type { TextInput } from "../../models/text_input.ts";
import { createTestApp, TEXT_MODEL } from "../routes/test_app.ts";

/** The fake executors write the alphabet. */
const REQUEST: GenerationRequest = {
  model: "writer@1",
  input: TEXT_MODEL.input as TextInput & { kind: "text" },
  prompt: Int32Array.of(0),
  tokensMax: 10,
  temperature: 1,
  topK: 0,
  seed: 1,
  stops: [],
};
const NEVER = new AbortController().signal;

async function collect(change: Partial<GenerationRequest>, tokensPerTask?: number) {
  await using test = await createTestApp();
  const batcher = new TextBatcher(test.pool);
  const options = { batcher, signal: NEVER, ...(tokensPerTask ? { tokensPerTask } : {}) };
  const pieces = generateText({ ...REQUEST, ...change }, options);
  const texts: string[] = [];
  const logprobs: CharacterLogprobs[] = [];
  while (true) {
    const { done, value } = await pieces.next();
    if (done) return { texts, logprobs, end: value, tasks: test.executors[0]?.tasks ?? [] };
    texts.push(value.text);
    logprobs.push(...value.logprobs);
  }
}

Deno.test("generateText() gives character after character, in tasks of a bounded length", async () => {
  for (const tokensPerTask of [1, 3, 16]) {
    const { texts, end, tasks } = await collect({}, tokensPerTask);
    assertEquals(texts, [..."abcdefghij"]);
    assertEquals([end.finishReason, end.tokensDrawn], ["length", 10]);
    assertEquals(tasks.length, Math.ceil(10 / tokensPerTask));
  }
});

Deno.test("generateText() ends before a stop string, whatever the length of its tasks", async () => {
  for (const tokensPerTask of [1, 4, 16]) {
    const { texts, end } = await collect({ stops: ["ef", "x"] }, tokensPerTask);
    assertEquals([texts.join(""), end.finishReason, end.tokensDrawn], ["abcd", "stop", 6]);
  }
  const { texts, end } = await collect({ stops: ["jx"] });
  assertEquals([texts.join(""), end.finishReason], ["abcdefghij", "length"]);
});

Deno.test("generateText() reads a long prompt in pieces before it draws", async () => {
  const { tasks } = await collect({ prompt: new Int32Array(75), tokensMax: 1 });
  const shapes = tasks.map(({ input }) =>
    input.kind === "texts" ? input.texts.map(({ tokens, count }) => [tokens.length, count]) : []
  );
  assertEquals(shapes, [[[32, 0]], [[32, 0]], [[11, 1]]]);
});

Deno.test("generateText() tells how likely each character of the text was, and no other", async () => {
  const { texts, logprobs } = await collect({ logprobs: 1, stops: ["efg", "x"] }, 4);
  assertEquals(texts.join(""), "abcd");
  const top = [{ token: "a", logprob: -0.25 }];
  assertEquals(logprobs, [..."abcd"].map((token) => ({ token, logprob: -0.5, top })));
  const whole = await collect({ logprobs: 0, stops: ["jx"] });
  assertEquals(whole.logprobs.map(({ token }) => token).join(""), "abcdefghij");
});

Deno.test("generateText() stops at the next task when its signal aborts", async () => {
  await using test = await createTestApp();
  const controller = new AbortController();
  const batcher = new TextBatcher(test.pool);
  const options = { batcher, signal: controller.signal, tokensPerTask: 1 };
  const pieces = generateText(REQUEST, options);
  await pieces.next();
  controller.abort(new ServiceError("client_closed_request", "gone"));
  await assertRejects(() => pieces.next(), ServiceError, "gone");
  assertEquals(test.executors[0]?.tasks.length, 1);
});

Deno.test("generateText() asks for room once: a text that was begun goes on in a full queue", async () => {
  await using test = await createTestApp({}, { queueMax: 1 });
  const batcher = new TextBatcher(test.pool);
  const pieces = generateText(REQUEST, { batcher, signal: NEVER, tokensPerTask: 1 });
  await pieces.next();
  const refused = generateText(REQUEST, { batcher, signal: NEVER });
  const others = test.pool.run(
    [1, 2].map(() => ({
      model: "tiny@1",
      input: { kind: "image", bytes: new Uint8Array(1) },
      query: { verb: "embed" },
      pixelsMax: 1,
    })),
    NEVER,
  );
  const next = pieces.next();
  const error = await assertRejects(() => refused.next(), ServiceError);
  assertEquals(error.code, "queue_full");
  assertEquals((await next).value, { text: "b", logprobs: [] });
  await Promise.all(others);
});
