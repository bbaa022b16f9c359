import type { Config } from "../lib/config/config.ts";

/** How much body a request may have, and how long it may take. */
export interface BodyPolicy {
  /** Whether it is stored as it comes, so that it never lies in memory as a whole. */
  isStreamed: boolean;
  bytesMax: number;
  timeoutMs: number;
}

const STREAMED: readonly { method: string; path: RegExp }[] = [
  { method: "POST", path: /^\/v1\/datasets\/[^/]+\/samples$/ },
  { method: "POST", path: /^\/v1\/models\/[^/]+:finetune$/ },
];

/** An import of a model, and the deletion of all the samples that came in with uploads. */
const LONG: readonly { method: string; path: RegExp }[] = [
  { method: "POST", path: /^\/v1\/models$/ },
  { method: "DELETE", path: /^\/v1\/datasets\/[^/]+$/ },
];

/** The limits of a request: uploads that are streamed may be larger and take longer than others. */
export function bodyPolicy(
  { method, path }: { method: string; path: string },
  limits: Config,
): BodyPolicy {
  const isOneOf = (requests: typeof STREAMED) =>
    requests.some((each) => each.method === method && each.path.test(path));
  const isStreamed = isOneOf(STREAMED);
  return isStreamed
    ? { isStreamed, bytesMax: limits.datasetUploadBytesMax, timeoutMs: limits.uploadTimeoutMs }
    : {
      isStreamed,
      bytesMax: limits.bodyBytesMax,
      timeoutMs: isOneOf(LONG) ? limits.uploadTimeoutMs : limits.requestTimeoutMs,
    };
}
