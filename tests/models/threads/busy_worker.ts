const ANSWER_END = import.meta.resolve("../../../models/threads/answer_end.ts");

/** A thread that can be ended as those of the service can, with more code of its own. */
export function startWorker(source: string): Worker {
  const whole = `
    import { answerEnd } from ${JSON.stringify(ANSWER_END)};
    answerEnd(self);
    ${source}`;
  const url = URL.createObjectURL(new Blob([whole], { type: "text/javascript" }));
  return new Worker(url, { type: "module" });
}

/** A thread without a turn for so many milliseconds from the moment on that this resolves. */
export async function startBusyWorker(milliseconds: number): Promise<Worker> {
  const worker = startWorker(`
    self.onmessage = ({ data }) => {
      postMessage("busy");
      const end = performance.now() + data;
      while (performance.now() < end);
    };`);
  const started = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage(milliseconds);
  await started;
  return worker;
}

/** Resolves when the condition holds; throws if it does not within half a minute. */
export async function waitUntil(holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Waited too long until ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
