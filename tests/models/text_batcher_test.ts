import { assertEquals, assertRejects } from "@std/assert";
import { seedRandom } from "../../lib/random.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { TextPiece } from "../../models/inference_task.ts";
import { TextBatcher } from "../../models/text_batcher.ts";
import { createTestApp } from "../routes/test_app.ts";

const NEVER = new AbortController().signal;
const OPTIONS = { model: "writer@1", signal: NEVER, isAdmitted: false };

function piece(start: number, count = 2): TextPiece {
  return {
    tokens: Int32Array.of(0),
    state: Float32Array.of(start),
    count,
    temperature: 1,
    topK: 0,
    random: seedRandom(start),
    logprobs: undefined,
  };
}

Deno.test("TextBatcher joins what comes while all workers write, and gives each its own", async () => {
  await using test = await createTestApp({}, { queueMax: 100 });
  const batcher = new TextBatcher(test.pool);
  const starts = Array.from({ length: 40 }, (_, index) => index % 20);
  const found = await Promise.all(starts.map((start) => batcher.run(piece(start), OPTIONS)));
  const tokens = found.map(({ text }) => [...text.tokens]);
  assertEquals(tokens, starts.map((start) => [start, start + 1]));
  const sizes = test.executors[0]?.tasks.map(({ input }) =>
    input.kind === "texts" ? input.texts.length : 0
  );
  // One begins at once; the others wait together, as many as a task may have.
  assertEquals(sizes, [1, 32, 7]);
});

Deno.test("TextBatcher keeps the texts of models apart", async () => {
  await using test = await createTestApp({}, { queueMax: 100 });
  const batcher = new TextBatcher(test.pool);
  const models = ["writer@1", "other@1", "writer@1", "other@1"];
  await Promise.all(models.map((model) => batcher.run(piece(1), { ...OPTIONS, model })));
  assertEquals(test.executors[0]?.tasks.map(({ model }) => model).sort(), models.toSorted());
});

Deno.test("TextBatcher lets a text go that nobody wants, and writes the others", async () => {
  await using test = await createTestApp({}, { queueMax: 100 });
  const batcher = new TextBatcher(test.pool);
  const controller = new AbortController();
  const first = batcher.run(piece(1), OPTIONS);
  const unwanted = batcher.run(piece(2), { ...OPTIONS, signal: controller.signal });
  const last = batcher.run(piece(3), OPTIONS);
  controller.abort(new ServiceError("client_closed_request", "gone"));
  await assertRejects(() => unwanted, ServiceError, "gone");
  assertEquals([...(await first).text.tokens], [1, 2]);
  assertEquals([...(await last).text.tokens], [3, 4]);
  const sizes = test.executors[0]?.tasks.map(({ input }) =>
    input.kind === "texts" ? input.texts.length : 0
  );
  assertEquals(sizes, [1, 1]);
});

Deno.test("TextBatcher refuses texts that begin while too many wait, not those that go on", async () => {
  await using test = await createTestApp({}, { queueMax: 2 });
  const batcher = new TextBatcher(test.pool);
  const begun = [1, 2, 3].map((start) => batcher.run(piece(start), OPTIONS));
  const error = await assertRejects(() => batcher.run(piece(4), OPTIONS), ServiceError);
  assertEquals(error.code, "queue_full");
  const goesOn = batcher.run(piece(5), { ...OPTIONS, isAdmitted: true });
  await Promise.all([...begun, goesOn]);
});

Deno.test("TextBatcher hands an error of the task to every text in it", async () => {
  const failure = new ServiceError("model_not_found", "gone");
  await using test = await createTestApp({ run: () => Promise.reject(failure) });
  const batcher = new TextBatcher(test.pool);
  const texts = [1, 2, 3].map((start) => batcher.run(piece(start), OPTIONS));
  for (const text of await Promise.allSettled(texts)) {
    assertEquals(text.status === "rejected" && text.reason, failure);
  }
});
