/// <reference lib="deno.worker" />
/** Entry of a worker thread that trains all layers of one network. */
import { registerRecurrentKernels } from "../../kernels/recurrent_kernels.ts";
import { recurrentModule } from "../../kernels/simd_module.js";
import { answerEnd } from "../../threads/answer_end.ts";
import { answerOnce, type OnceAnswer } from "../../threads/run_worker_once.ts";
import { initWasmBackend } from "../../wasm_backend.ts";
import { tfjsWasmModule } from "../../wasm_modules.js";
import { EpochThrottle } from "../epoch_throttle.ts";
import type { NetworkProgress } from "./fit_network.ts";
import type { NetworkAnswer, NetworkCall, NetworkCallProgress } from "./network_call.ts";
import { trainNetwork } from "./train_network.ts";

function send(answer: OnceAnswer<NetworkAnswer>, transfer: Transferable[] = []): void {
  self.postMessage(answer, transfer);
}

answerEnd(self);

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
  const throttle = new EpochThrottle();
  return ({ takeNetwork, ...score }) => {
    const told = throttle.next();
    if (told === "nothing") return;
    const progress: NetworkCallProgress = score;
    if (told === "checkpoint") progress.network = takeNetwork();
    send({ kind: "progress", progress });
  };
}
