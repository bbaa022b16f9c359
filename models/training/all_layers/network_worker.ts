/// <reference lib="deno.worker" />
/** Entry of a worker thread that trains all layers of one network. */
import { answerOnce, type OnceAnswer } from "../../archive/run_worker_once.ts";
import { registerRecurrentKernels } from "../../kernels/recurrent_kernels.ts";
import { recurrentModule } from "../../kernels/simd_module.js";
import { initWasmBackend } from "../../wasm_backend.ts";
import { tfjsWasmModule } from "../../wasm_modules.js";
import type { NetworkProgress } from "./fit_network.ts";
import type { NetworkAnswer, NetworkCall, NetworkCallProgress } from "./network_call.ts";
import { trainNetwork } from "./train_network.ts";

/** Nobody reads faster than this. */
const PROGRESS_MS = 200;
/** Copying a network costs more than an epoch of a small training. */
const CHECKPOINT_MS = 2_000;

function send(answer: OnceAnswer<NetworkAnswer>, transfer: Transferable[] = []): void {
  self.postMessage(answer, transfer);
}

self.onmessage = ({ data: { samples, options } }: MessageEvent<NetworkCall>) =>
  answerOnce(send, async () => {
    await initWasmBackend(tfjsWasmModule);
    // Plain SIMD: relaxed instructions round as the machine likes, and the same samples and seed are
    // to give the same weights on every machine.
    registerRecurrentKernels(recurrentModule);
    const answer = await trainNetwork(samples, { ...options, onEpoch: reportEpochs() });
    return { answer, transfer: [] };
  });

function reportEpochs(): (progress: NetworkProgress) => void {
  let told = -Infinity;
  let saved = performance.now();
  return ({ takeNetwork, ...score }) => {
    const now = performance.now();
    if (now - told < PROGRESS_MS) return;
    told = now;
    const progress: NetworkCallProgress = score;
    if (now - saved >= CHECKPOINT_MS) {
      saved = now;
      progress.network = takeNetwork();
    }
    send({ kind: "progress", progress });
  };
}
