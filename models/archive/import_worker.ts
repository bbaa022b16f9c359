/// <reference lib="deno.worker" />
/** Entry of a worker thread that checks one model. */
import { registerRecurrentKernels } from "../kernels/recurrent_kernels.ts";
import { loadRecurrentModule } from "../kernels/recurrent_module.ts";
import { answerEnd } from "../threads/answer_end.ts";
import { answerOnce } from "../threads/run_worker_once.ts";
import { initWasmBackend } from "../wasm_backend.ts";
import { checkModel, type CheckModelOptions } from "./check_model.ts";

/** What the worker is asked, once. */
export interface ImportCall {
  /** The backend of TensorFlow.js, compiled. */
  tfjs: WebAssembly.Module;
  /** The file that was sent. */
  bytes: Uint8Array<ArrayBuffer>;
  /** What its sender says. */
  options: CheckModelOptions;
}

answerEnd(self);

self.onmessage = ({ data: { tfjs, bytes, options } }: MessageEvent<ImportCall>) => {
  const send = (answer: unknown, transfer: Transferable[]) => self.postMessage(answer, transfer);
  return answerOnce(send, async () => {
    await initWasmBackend(tfjs);
    registerRecurrentKernels(await loadRecurrentModule());
    const model = await checkModel(bytes, options);
    const files = [...model.files.values(), ...model.companions.values()];
    const buffers = new Set(files.map(({ buffer }) => buffer));
    return { answer: model, transfer: [...buffers].filter(isTransferable) };
  });
};

function isTransferable(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer instanceof ArrayBuffer;
}
