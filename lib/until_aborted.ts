/**
 * Waits for a promise, but no longer than until a signal aborts.
 *
 * @throws the signal's reason when it aborts, or what the promise is rejected with
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { untilAborted } from "./until_aborted.ts";
 *
 * const { signal } = new AbortController();
 * assertEquals(await untilAborted(Promise.resolve(1), signal), 1);
 * ```
 */
export async function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
