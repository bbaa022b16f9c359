import { CONFIG_VARIABLES } from "./config_variables.ts";

/** The table of settings. */
export type ConfigVariables = typeof CONFIG_VARIABLES;

/** The parsed value of one environment variable. */
export type Setting<Name extends keyof ConfigVariables> = ReturnType<
  ConfigVariables[Name]["rule"]["parse"]
>;

/** `BODY_BYTES_MAX` -> `bodyBytesMax`. */
export type CamelCase<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>;

/**
 * The service's settings, parsed and frozen: one property for each variable, `bodyBytesMax` for
 * `BODY_BYTES_MAX`. Times are in milliseconds, sizes in bytes.
 */
export type Config = {
  readonly [Name in keyof ConfigVariables as CamelCase<Name>]: Setting<Name>;
};

/** How important a log line is. */
export type LogLevel = Config["logLevel"];

/** Names of the environment variables that {@linkcode readConfig} looks at. */
export const CONFIG_NAMES: readonly string[] = Object.keys(CONFIG_VARIABLES);

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
  const entries = Object.entries(CONFIG_VARIABLES).map(
    ([name, { fallback, rule, ...variable }]) => {
      const text = environment[name] || fallback;
      const result = rule.safeParse(text);
      if (!result.success) {
        const found = "secret" in variable ? "not shown" : `"${text}"`;
        faults.push(`${name} ${result.error.issues[0]?.message}: current value is ${found}`);
      }
      return [toCamelCase(name), result.data];
    },
  );
  const read = Object.fromEntries(entries) as Config;
  const config: Config = {
    ...read,
    host: read.host?.replace(/^\[(.*)\]$/, "$1"),
    // The default gives way to a shorter queue; a value that was set does not.
    inputsMax: environment.INPUTS_MAX ? read.inputsMax : Math.min(read.inputsMax, read.queueMax),
  };
  faults.push(...findConflicts(config));
  if (faults.length > 0) {
    throw new RangeError(`Cannot start with these settings:\n  ${faults.join("\n  ")}`);
  }
  return Object.freeze(config);
}

function toCamelCase(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Settings that are sound alone and not together. A setting with a fault of its own is absent. */
function findConflicts(
  { host, apiKeys, allowAnonymous, inputsMax, queueMax, bodyBytesMax, uploadsBytesMax }: Config,
): string[] {
  const conflicts: string[] = [];
  if (host && !isLoopback(host) && apiKeys?.length === 0 && !allowAnonymous) {
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
  const rows = Object.entries(CONFIG_VARIABLES).map(([name, { fallback, help }]) =>
    `  ${name.padEnd(24)} ${help} [${fallback || "unset"}]`
  );
  return `Settings are environment variables, shown with their [defaults]:\n${rows.join("\n")}`;
}
