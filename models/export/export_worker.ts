/// <reference lib="deno.worker" />
/** Entry of a worker thread that exports one model. */
import { zipFiles } from "../../lib/archives/zip_files.ts";
import { answerEnd } from "../threads/answer_end.ts";
import { answerOnce } from "../threads/run_worker_once.ts";
import { initWasmBackend } from "../wasm_backend.ts";
import type { ExportOptions } from "./export_layers_model.ts";
import { exportModel, type StoredModel } from "./export_model.ts";

/** What the worker is asked, once. */
export interface ExportCall {
  /** The backend of TensorFlow.js, compiled. */
  tfjs: WebAssembly.Module;
  /** The model. */
  model: StoredModel;
  /** What is wanted of it. */
  options: ExportOptions;
}

answerEnd(self);

self.onmessage = ({ data: { tfjs, model, options } }: MessageEvent<ExportCall>) => {
  const send = (answer: unknown, transfer: Transferable[]) => self.postMessage(answer, transfer);
  return answerOnce(send, async () => {
    await initWasmBackend(tfjs);
    const zip = await zipFiles(await exportModel(model, options));
    return { answer: zip, transfer: [zip.buffer] };
  });
};
