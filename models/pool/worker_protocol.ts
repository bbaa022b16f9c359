import type { ErrorFields } from "../../lib/service_error.ts";
import type { BackendInfo } from "../wasm_backend.ts";
import type { ExecutorCalls, ExecutorMethod } from "./executor.ts";

/** A call to a worker; answers carry the same `id`. */
export type WorkerCall = {
  [Method in ExecutorMethod]: {
    id: number;
    method: Method;
    argument: ExecutorCalls[Method]["argument"];
  };
}[ExecutorMethod];

/**
 * What a worker sends: that it started, that it could not or cannot go on, or the outcome of a call.
 */
export type WorkerMessage =
  | { kind: "started"; backend: BackendInfo }
  | { kind: "failed"; message: string; details: string }
  | { kind: "answer"; id: number; answer: ExecutorCalls[ExecutorMethod]["answer"] }
  | { kind: "error"; id: number; error: ErrorFields; details: string };
