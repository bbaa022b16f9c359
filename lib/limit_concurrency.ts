import { ServiceError } from "./service_error.ts";

/** Runs work, if not too much of its kind runs already. */
export type LimitedRun = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * Makes a limit for work that is too costly to wait in a queue: what is beyond it is refused at once.
 *
 * @param max how much runs at a time, >= 1
 * @param name of the work, in the plural, for the message
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limitConcurrency } from "./limit_concurrency.ts";
 *
 * const run = limitConcurrency({ max: 1, name: "imports" });
 * assertEquals(await run(() => Promise.resolve(3)), 3);
 * ```
 */
export function limitConcurrency({ max, name }: { max: number; name: string }): LimitedRun {
  let running = 0;
  return async (work) => {
    if (running >= max) {
      throw new ServiceError(
        "queue_full",
        `Cannot accept one more as at most ${max} ${name} may run at a time`,
        { retryAfterSeconds: 1 },
      );
    }
    running++;
    try {
      return await work();
    } finally {
      running--;
    }
  };
}
