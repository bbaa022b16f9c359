import * as tf from "@tensorflow/tfjs-core";
import type { TensorInfo } from "../tensors.ts";
import type { RecurrentExports } from "./recurrent_module.ts";

/** What kernels need of the WASM backend of TensorFlow.js. */
export interface KernelBackend {
  /** Makes a tensor whose values are whatever the memory holds. */
  makeOutput(shape: number[], dtype: "float32"): TensorInfo;
  /** Byte offset of a tensor, which stays where it is. */
  getMemoryOffset(dataId: object): number;
  /** The values of a float32 tensor, in place, until the memory grows. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  /** Frees what `makeOutput()` made. */
  disposeData(dataId: object): boolean;
}

/** What TensorFlow.js hands to a kernel. */
export interface KernelArguments {
  /** Keys of optional inputs are absent. */
  inputs: Record<string, TensorInfo | undefined>;
  /** Settings of the call. */
  attrs: unknown;
}

/** The recurrent kernels of this thread, over the memory of its backend. */
export interface RecurrentInstance {
  /** The functions of the module. */
  kernels: RecurrentExports;
  /** Makes tensors and tells where they lie. */
  backend: KernelBackend;
  /** Of the backend; its buffer is another one after it has grown. */
  memory: WebAssembly.Memory;
}

/**
 * Links the compiled kernels with the active backend, once for each thread.
 *
 * @throws {Error} if the WASM backend is not active, or if it was done already
 */
export function startRecurrentInstance(module: WebAssembly.Module): RecurrentInstance {
  if (tf.getBackend() !== "wasm") {
    throw new Error(
      `Cannot start recurrent kernels as the backend must be wasm: it is ${tf.getBackend()}`,
    );
  }
  if (started) throw new Error("Cannot start recurrent kernels a second time");
  const backend = tf.backend() as unknown as KernelBackend & EmscriptenBackend;
  const { memory } = backend.wasm.asm;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  started = { kernels: exports as unknown as RecurrentExports, backend, memory };
  return started;
}

/**
 * The kernels that {@linkcode startRecurrentInstance} linked.
 *
 * @throws {Error} if it was not called in this thread
 */
export function requireRecurrentInstance(): RecurrentInstance {
  if (!started) throw new Error("Cannot run recurrent kernels before they are registered");
  return started;
}

/** Byte offset of a tensor; 0 where it is absent. */
export function createLocate(
  backend: KernelBackend,
): (tensor: TensorInfo | undefined) => number {
  return (tensor) => tensor ? backend.getMemoryOffset(tensor.dataId) : 0;
}

let started: RecurrentInstance | undefined;

/** The backend's way to its memory. */
interface EmscriptenBackend {
  wasm: { asm: { memory: WebAssembly.Memory } };
}
