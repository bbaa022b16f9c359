import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { encodeHead } from "../../../models/heads/head_bytes.ts";
import { trainHead } from "../../../models/training/train_head.ts";
import { trainInWorker } from "../../../models/training/train_in_worker.ts";
import type { TrainingProgress } from "../../../models/training/training_call.ts";
import { drawDigits } from "./drawn_digits.ts";

const NEVER = new AbortController().signal;

Deno.test("trainInWorker() trains the same head as in this thread, and tells of the first epoch", async () => {
  const expected = await trainHead(drawDigits(60), { epochs: 30 });
  const told: TrainingProgress[] = [];
  const samples = drawDigits(60);
  const trained = await trainInWorker({ samples, options: { epochs: 30 } }, {
    signal: NEVER,
    onProgress: (progress) => void told.push(progress),
  });
  assertEquals(trained.head, encodeHead(expected.head));
  assertEquals(trained.evaluation, expected.evaluation);
  assertEquals([told[0]?.epoch, told[0]?.epochs], [1, 30]);
  assertEquals(samples.features.length, 0);
});

Deno.test("trainInWorker() ends with its signal, however long the training", async () => {
  const controller = new AbortController();
  const samples = drawDigits(100);
  const options = { optimizer: "sgd", epochs: 10_000, batchSize: 1 } as const;
  const started = performance.now();
  const training = trainInWorker({ samples, options }, {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("cancelled")),
  });
  await assertRejects(() => training, Error, "cancelled");
  assert(performance.now() - started < 5_000);
});

Deno.test("trainInWorker() rejects with the error of the training", async () => {
  const samples = { ...drawDigits(20), classCount: 11 };
  const call = { samples, options: {} };
  const error = await assertRejects(
    () => trainInWorker(call, { signal: NEVER, onProgress: () => {} }),
    ServiceError,
    "class 10 has none",
  );
  assertEquals(error.code, "invalid_value");
});
