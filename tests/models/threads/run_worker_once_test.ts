import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import {
  answerOnce,
  type OnceAnswer,
  runWorkerOnce,
} from "../../../models/threads/run_worker_once.ts";
import { countBusyThreads } from "../../../models/threads/end_worker.ts";
import { startWorker, waitUntil } from "./busy_worker.ts";

const OPTIONS = { timeoutMs: 60_000 };

const ECHO = "self.onmessage = ({ data }) => postMessage({ kind: 'answer', answer: data + 1 });";

Deno.test("runWorkerOnce() gives the answer", async () => {
  assertEquals(await runWorkerOnce({ worker: startWorker(ECHO), call: 1 }, OPTIONS), 2);
});

Deno.test("runWorkerOnce() passes an error on with its code", async () => {
  const error = { code: "invalid_value", message: "Cannot do" };
  const source = `self.onmessage = ({ data }) => postMessage({ kind: "error", error: data });`;
  const thrown = await assertRejects(
    () => runWorkerOnce({ worker: startWorker(source), call: error }, OPTIONS),
    ServiceError,
    "Cannot do",
  );
  assertEquals(thrown.code, "invalid_value");
});

const BUSY = `self.onmessage = () => {
  const end = performance.now() + 600;
  while (performance.now() < end);
};`;

for (
  const [name, source, timeoutMs] of [
    ["takes too long", BUSY, 200],
    ["breaks its thread", "self.onmessage = () => { throw new Error('broken'); };", 60_000],
  ] as const
) {
  Deno.test(`runWorkerOnce() loses a worker that ${name}`, async () => {
    const thrown = await assertRejects(
      () => runWorkerOnce({ worker: startWorker(source), call: 1 }, { timeoutMs }),
      ServiceError,
    );
    assertEquals(thrown.code, "worker_lost");
    // A thread that is busy goes on, and is known to.
    assertEquals(countBusyThreads(0), source === BUSY ? 1 : 0);
    await waitUntil(() => countBusyThreads(0) === 0);
  });
}

Deno.test("runWorkerOnce() ends when its signal aborts, before and during the call", async () => {
  const controller = new AbortController();
  const options = { ...OPTIONS, signal: controller.signal };
  const silent = "self.onmessage = () => {};";
  const call = runWorkerOnce({ worker: startWorker(silent), call: 1 }, options);
  controller.abort(new Error("gone"));
  await assertRejects(() => call, Error, "gone");
  await assertRejects(
    () => runWorkerOnce({ worker: startWorker(ECHO), call: 1 }, options),
    Error,
    "gone",
  );
  await waitUntil(() => countBusyThreads(0) === 0);
});

Deno.test("answerOnce() sends the answer, or the fields of the error", async () => {
  const sent: [OnceAnswer<string>, Transferable[]][] = [];
  const send = (answer: OnceAnswer<string>, transfer: Transferable[]) => {
    sent.push([answer, transfer]);
  };
  const buffer = new ArrayBuffer(1);
  await answerOnce(send, () => Promise.resolve({ answer: "yes", transfer: [buffer] }));
  await answerOnce(send, () => Promise.reject(new ServiceError("invalid_value", "no")));
  await answerOnce(send, () => Promise.reject(new Error("secret")));
  assertEquals(sent[0], [{ kind: "answer", answer: "yes" }, [buffer]]);
  const errors = sent.slice(1).map(([answer]) => answer.kind === "error" && answer.error);
  assertEquals(errors, [
    { code: "invalid_value", message: "no" },
    { code: "internal_error", message: "Internal error; the log has the details" },
  ]);
});
