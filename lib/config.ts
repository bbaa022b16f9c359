import { z } from "zod";

const MEBIBYTE = 1024 * 1024;

function integer(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,15}$/, rule).transform(Number).refine(
    (value) => value >= min && value <= max,
    rule,
  );
}

function list() {
  return z.string().transform((text) => text.split(",").map((part) => part.trim()).filter(Boolean));
}

function flag() {
  return z.enum(["0", "1"], "must be 0 or 1").transform((value) => value === "1");
}

/**
 * Every setting, in the order in which `--help` shows them: the environment variable, the text that
 * stands in for it when it is unset, its rule, and what it does.
 */
const VARIABLES = {
  HOST: { fallback: "127.0.0.1", rule: z.string().min(1), help: "address to listen on" },
  PORT: { fallback: "8000", rule: integer(0, 65535), help: "port; 0 picks a free one" },
  DATA_DIR: { fallback: "data", rule: z.string().min(1), help: "folder of models and data" },
  WORKERS: {
    fallback: "",
    rule: z.union([z.literal("").transform(() => undefined), integer(1, 256)]),
    help: "inference threads; unset: one per core",
  },
  API_KEYS: {
    fallback: "",
    rule: list().refine(
      (keys) => keys.every((key) => /^[A-Za-z0-9._~+/-]{16,}=*$/.test(key)),
      "must be keys of at least 16 characters out of A-Z a-z 0-9 . _ ~ + / -",
    ),
    secret: true,
    help: "comma-separated keys; when set, all but health wants Authorization: Bearer KEY",
  },
  ALLOW_ANONYMOUS: {
    fallback: "0",
    rule: flag(),
    help: "1: allows a HOST other than loopback without API_KEYS",
  },
  CORS_ORIGINS: {
    fallback: "",
    rule: list(),
    help: "comma-separated origins whose pages may call the service; * for all",
  },
  LOG_LEVEL: {
    fallback: "info",
    rule: z.enum(["debug", "info", "warning", "error"]),
    help: "debug, info, warning or error",
  },
  BODY_BYTES_MAX: {
    fallback: String(32 * MEBIBYTE),
    rule: integer(1024, 1024 * MEBIBYTE),
    help: "largest request body, in bytes",
  },
  UPLOADS_BYTES_MAX: {
    fallback: String(256 * MEBIBYTE),
    rule: integer(1024, 1024 * 1024 * MEBIBYTE),
    help: "all bodies that are received or wait, together, in bytes",
  },
  PIXELS_MAX: {
    fallback: "25000000",
    rule: integer(1, 1_000_000_000),
    help: "largest picture, width x height",
  },
  INPUTS_MAX: {
    fallback: "32",
    rule: integer(1, 10_000),
    help: "most inputs in one request; at most QUEUE_MAX",
  },
  QUEUE_MAX: {
    fallback: "64",
    rule: integer(1, 1_000_000),
    help: "most inputs that wait for a worker; more are refused",
  },
  MODELS_LOADED_MAX: {
    fallback: "16",
    rule: integer(1, 10_000),
    help: "most models that are loaded at a time; the least recently used one makes room",
  },
  REQUEST_TIMEOUT_MS: {
    fallback: "10000",
    rule: integer(1, 3_600_000),
    help: "deadline of a request, upload and waiting included",
  },
  TASK_TIMEOUT_MS: {
    fallback: "10000",
    rule: integer(1, 3_600_000),
    help: "a worker that takes longer over one input is replaced",
  },
  SHUTDOWN_TIMEOUT_MS: {
    fallback: "10000",
    rule: integer(1, 3_600_000),
    help: "after SIGTERM, what still runs then is cut off",
  },
} as const;

type Variables = typeof VARIABLES;

/** The parsed value of one environment variable. */
type Setting<Name extends keyof Variables> = z.output<Variables[Name]["rule"]>;

/** How important a log line is. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** The service's settings, parsed and frozen. Times are in milliseconds, sizes in bytes. */
export interface Config {
  /** Name or address to listen on. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Folder of models and data. */
  readonly dataDir: string;
  /** `undefined`: one per core. */
  readonly workers: number | undefined;
  /** None: anyone is served. */
  readonly apiKeys: readonly string[];
  /** Origins whose pages may call the service. */
  readonly corsOrigins: readonly string[];
  /** The least important level that is logged. */
  readonly logLevel: LogLevel;
  /** Largest request body. */
  readonly bodyBytesMax: number;
  /** All bodies that are being received or waiting, together. */
  readonly uploadsBytesMax: number;
  /** Largest picture, width times height. */
  readonly pixelsMax: number;
  /** Most inputs in one request. */
  readonly inputsMax: number;
  /** Most inputs that wait for a worker. */
  readonly queueMax: number;
  /** Most models that are loaded at a time. */
  readonly modelsLoadedMax: number;
  /** Deadline of a request, from its head on. */
  readonly requestTimeoutMs: number;
  /** A worker that takes longer over one input is replaced. */
  readonly taskTimeoutMs: number;
  /** How long a shutdown waits for what runs. */
  readonly shutdownTimeoutMs: number;
}

/** Names of the environment variables that {@linkcode readConfig} looks at. */
export const CONFIG_VARIABLES: readonly string[] = Object.keys(VARIABLES);

/**
 * Parses the environment. An empty variable counts as unset.
 *
 * @param environment the variables by name; those that are not settings are ignored
 * @throws {RangeError} if settings break their rules: one line for each of them
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readConfig } from "./config.ts";
 *
 * const config = readConfig({ PORT: "0" });
 * assertEquals([config.port, config.host], [0, "127.0.0.1"]);
 * ```
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  function read<Name extends keyof Variables>(name: Name): Setting<Name> {
    const { fallback, rule } = VARIABLES[name];
    const text = environment[name] || fallback;
    const result = rule.safeParse(text);
    if (!result.success) {
      const found = "secret" in VARIABLES[name] ? "not shown" : `"${text}"`;
      faults.push(`${name} ${result.error.issues[0]?.message}: current value is ${found}`);
    }
    return result.data as Setting<Name>;
  }
  const queueMax = read("QUEUE_MAX");
  const config: Config = {
    host: read("HOST").replace(/^\[(.*)\]$/, "$1"),
    port: read("PORT"),
    dataDir: read("DATA_DIR"),
    workers: read("WORKERS"),
    apiKeys: read("API_KEYS"),
    corsOrigins: read("CORS_ORIGINS"),
    logLevel: read("LOG_LEVEL"),
    bodyBytesMax: read("BODY_BYTES_MAX"),
    uploadsBytesMax: read("UPLOADS_BYTES_MAX"),
    pixelsMax: read("PIXELS_MAX"),
    // The default gives way to a shorter queue; a value that was set does not.
    inputsMax: environment.INPUTS_MAX ? read("INPUTS_MAX") : Math.min(read("INPUTS_MAX"), queueMax),
    queueMax,
    modelsLoadedMax: read("MODELS_LOADED_MAX"),
    requestTimeoutMs: read("REQUEST_TIMEOUT_MS"),
    taskTimeoutMs: read("TASK_TIMEOUT_MS"),
    shutdownTimeoutMs: read("SHUTDOWN_TIMEOUT_MS"),
  };
  const allowAnonymous = read("ALLOW_ANONYMOUS");
  faults.push(...findConflicts(config, allowAnonymous));
  if (faults.length > 0) {
    throw new RangeError(`Cannot start with these settings:\n  ${faults.join("\n  ")}`);
  }
  return Object.freeze(config);
}

/** Settings that are sound alone and not together. A setting with a fault of its own is absent. */
function findConflicts(
  { host, apiKeys, inputsMax, queueMax, bodyBytesMax, uploadsBytesMax }: Config,
  allowAnonymous: boolean,
): string[] {
  const conflicts: string[] = [];
  if (!isLoopback(host) && apiKeys?.length === 0 && !allowAnonymous) {
    conflicts.push(
      `HOST "${host}" is reachable from other machines: set API_KEYS, or ALLOW_ANONYMOUS=1 to ` +
        "serve anyone",
    );
  }
  if (inputsMax > queueMax) {
    conflicts.push(
      `INPUTS_MAX must be at most QUEUE_MAX, ${queueMax}: current value is ${inputsMax}`,
    );
  }
  if (bodyBytesMax > uploadsBytesMax) {
    conflicts.push(
      `BODY_BYTES_MAX must be at most UPLOADS_BYTES_MAX, ${uploadsBytesMax}: ` +
        `current value is ${bodyBytesMax}`,
    );
  }
  return conflicts;
}

/** True for the host names and addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(host);
}

/** The text of `--help`: each environment variable with its default. */
export function describeConfig(): string {
  const rows = Object.entries(VARIABLES).map(([name, { fallback, help }]) =>
    `  ${name.padEnd(20)} ${help} [${fallback || "unset"}]`
  );
  return `Settings are environment variables, shown with their [defaults]:\n${rows.join("\n")}`;
}
