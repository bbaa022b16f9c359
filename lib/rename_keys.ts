/**
 * JSON with all its keys in camel case, as the code names them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toCamelKeys } from "./rename_keys.ts";
 *
 * assertEquals(toCamelKeys({ batch_size: 8, layers: [{ output_dim: 2 }] }), {
 *   batchSize: 8,
 *   layers: [{ outputDim: 2 }],
 * });
 * ```
 */
export function toCamelKeys(json: unknown): unknown {
  return renameKeys(json, (key) => key.replace(/_(.)/g, (_, letter) => letter.toUpperCase()));
}

/** JSON with all its keys in snake case, as clients see them; what is `undefined` is left out. */
export function toSnakeKeys(json: unknown): unknown {
  return renameKeys(json, toSnakeCase);
}

/** A name in snake case. */
export function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function renameKeys(json: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(json)) return json.map((each) => renameKeys(each, rename));
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [rename(key), renameKeys(value, rename)]),
  );
}
