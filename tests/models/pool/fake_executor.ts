import { ServiceError } from "../../../lib/service_error.ts";
import type { InferenceResult, InferenceTask } from "../../../models/inference_task.ts";
import type { Executor } from "../../../models/pool/executor.ts";

/** A task as the tests of the pool need it: only its model matters. */
export function makeTask(model = "m"): InferenceTask {
  return {
    model,
    input: { kind: "image", bytes: new Uint8Array(1) },
    query: { verb: "classify", topK: 1, threshold: 0 },
    pixelsMax: 1,
  };
}

/** The bytes of a task on a picture. */
export function bytesOf({ input }: InferenceTask): Uint8Array {
  if (input.kind !== "image") throw new TypeError(`The task must have a picture: ${input.kind}`);
  return input.bytes;
}

/** An answer that no model computed. */
export const FAKE_RESULT: InferenceResult = {
  answer: { verb: "classify", predictions: [{ index: 0, score: 1 }] },
  timings: { decode: 0, preprocess: 0, predict: 0 },
  memory: { tensors: 3, bytes: 12 },
};

/** What a test decides about the executors of its pool. */
export interface FakeBehaviour {
  /** Called for each task; a promise that never settles is a stuck worker. */
  run?: (task: InferenceTask) => Promise<InferenceResult>;
  load?: (id: string) => Promise<void>;
  unload?: (id: string) => Promise<void>;
  /** What every model reports; default: 0. */
  stateLength?: number;
}

/** An executor whose calls the test answers; it counts what it was asked. */
export class FakeExecutor implements Executor {
  readonly backend = { name: "wasm", simd: true, version: "test" } as const;
  readonly loaded: string[] = [];
  readonly unloaded: string[] = [];
  readonly tasks: InferenceTask[] = [];
  readonly #behaviour: FakeBehaviour;
  readonly #ended = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<never>();
  readonly ended = this.#ended.promise;

  constructor(behaviour: FakeBehaviour) {
    this.#behaviour = behaviour;
    this.#lost.promise.catch(() => {});
  }

  terminate(reason: string): void {
    this.#lost.reject(new ServiceError("worker_lost", reason));
    this.#ended.resolve();
  }

  // deno-lint-ignore no-explicit-any -- one body serves the three typed methods
  call(method: string, argument: any): Promise<any> {
    return Promise.race([this.#answer(method, argument), this.#lost.promise]);
  }

  // deno-lint-ignore no-explicit-any -- one body serves the three typed methods
  async #answer(method: string, argument: any): Promise<unknown> {
    if (method === "load") {
      await this.#behaviour.load?.(argument.id);
      this.loaded.push(argument.id);
      return {
        classCount: 2,
        featureLength: 4,
        stateLength: this.#behaviour.stateLength ?? 0,
        loadMs: 1,
      };
    }
    if (method === "unload") {
      await this.#behaviour.unload?.(argument.id);
      return void this.unloaded.push(argument.id);
    }
    this.tasks.push(argument);
    return await (this.#behaviour.run?.(argument) ?? FAKE_RESULT);
  }
}
