/// <reference lib="deno.worker" />
/**
 * Entry of a worker thread that checks one model. A hostile file can take its memory or its time,
 * and none of the service's.
 */
import { type ErrorFields, toErrorFields } from "../../lib/service_error.ts";
import { initWasmBackend } from "../wasm_backend.ts";
import { checkModel, type CheckModelOptions, type ImportedModel } from "./check_model.ts";

/** What the worker is asked, once. */
export interface ImportCall {
  /** The backend of TensorFlow.js, compiled. */
  tfjs: WebAssembly.Module;
  /** The file that was sent. */
  bytes: Uint8Array;
  /** What its sender says. */
  options: CheckModelOptions;
}

/** What it answers. */
export type ImportAnswer =
  | { kind: "model"; model: ImportedModel }
  | { kind: "error"; error: ErrorFields; details: string };

self.onmessage = async ({ data }: MessageEvent<ImportCall>) => {
  try {
    await initWasmBackend(data.tfjs);
    const model = await checkModel(data.bytes, data.options);
    const files = [...model.files.values(), ...model.companions.values()];
    const buffers = new Set(files.map(({ buffer }) => buffer).filter(isTransferable));
    send({ kind: "model", model }, [...buffers]);
  } catch (error) {
    const details = error instanceof Error ? error.stack ?? error.message : String(error);
    send({ kind: "error", error: toErrorFields(error), details });
  }
};

function send(answer: ImportAnswer, transfer: Transferable[] = []): void {
  self.postMessage(answer, transfer);
}

function isTransferable(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer instanceof ArrayBuffer;
}
