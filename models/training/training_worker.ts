/// <reference lib="deno.worker" />
/** Entry of a worker thread that trains one head. */
import { answerOnce, type OnceAnswer } from "../archive/run_worker_once.ts";
import { encodeHead } from "../heads/head_bytes.ts";
import type { FitProgress } from "./fit_head.ts";
import { trainHead } from "./train_head.ts";
import type { TrainingAnswer, TrainingCall, TrainingProgress } from "./training_call.ts";

/** Nobody reads faster than this. */
const PROGRESS_MS = 200;
/** Copying a head costs more than an epoch of a small training. */
const CHECKPOINT_MS = 2_000;

function send(answer: OnceAnswer<TrainingAnswer>, transfer: Transferable[] = []): void {
  self.postMessage(answer, transfer);
}

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
  let told = -Infinity;
  let saved = performance.now();
  return ({ takeHead, ...score }) => {
    const now = performance.now();
    if (now - told < PROGRESS_MS) return;
    told = now;
    const progress: TrainingProgress = score;
    if (now - saved >= CHECKPOINT_MS) {
      saved = now;
      progress.head = encodeHead(takeHead());
    }
    send({ kind: "progress", progress });
  };
}
