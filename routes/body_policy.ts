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

const IMPORT = { method: "POST", path: "/v1/models" };

/** The limits of a request: uploads that are streamed may be larger and take longer than others. */
export function bodyPolicy(
  { method, path }: { method: string; path: string },
  limits: Config,
): BodyPolicy {
  const isStreamed = STREAMED.some((each) => each.method === method && each.path.test(path));
  const isImport = method === IMPORT.method && path === IMPORT.path;
  return isStreamed
    ? { isStreamed, bytesMax: limits.datasetUploadBytesMax, timeoutMs: limits.uploadTimeoutMs }
    : {
      isStreamed,
      bytesMax: limits.bodyBytesMax,
      timeoutMs: isImport ? limits.uploadTimeoutMs : limits.requestTimeoutMs,
    };
}
