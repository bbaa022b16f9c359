/// <reference lib="deno.worker" />
/** Entry of a worker thread that trains one head. */
import { encodeHead } from "../heads/head_bytes.ts";
import { answerEnd } from "../threads/answer_end.ts";
import { answerOnce, type OnceAnswer } from "../threads/run_worker_once.ts";
import { EpochThrottle } from "./epoch_throttle.ts";
import type { FitProgress } from "./fit_head.ts";
import { trainHead } from "./train_head.ts";
import type { TrainingAnswer, TrainingCall, TrainingProgress } from "./training_call.ts";

function send(answer: OnceAnswer<TrainingAnswer>, transfer: Transferable[] = []): void {
  self.postMessage(answer, transfer);
}

answerEnd(self);

self.onmessage = ({ data: { samples, options } }: MessageEvent<TrainingCall>) =>
  answerOnce(send, async () => {
    const { head, fitted: { epoch, ended }, ...trained } = await trainHead(samples, {
      ...options,
      onEpoch: reportEpochs(),
    });
    const bytes = encodeHead(head);
    return { answer: { ...trained, head: bytes, epoch, ended }, transfer: [bytes.buffer] };
  });

function reportEpochs(): (progress: FitProgress) => void {
  const throttle = new EpochThrottle();
  return ({ takeHead, ...score }) => {
    const told = throttle.next();
    if (told === "nothing") return;
    const progress: TrainingProgress = score;
    if (told === "checkpoint") progress.head = encodeHead(takeHead());
    send({ kind: "progress", progress });
  };
}
