import type { ModelVersion, VersionComparison } from "./version_schemas.ts";

/** What tells versions apart besides their metrics. */
const COMPARED = ["description", "labels", "unknown", "origin"] as const;

/** Puts versions side by side: every metric, and the parts of their cards that are not the same. */
export function compareVersions(
  model: string,
  versions: readonly ModelVersion[],
): VersionComparison {
  const values = versions.map(({ metrics }) => metrics.values);
  const cards = versions.map((version) =>
    new Map(COMPARED.flatMap((key) => listLeaves(version[key], key)))
  );
  const places = new Set(cards.flatMap((card) => [...card.keys()]));
  const differences = [...places].map((place): [string, unknown[]] => [
    place,
    cards.map((card) => card.get(place) ?? null),
  ]).filter(([, sides]) => new Set(sides.map((value) => JSON.stringify(value))).size > 1);
  const names = new Set(values.flatMap((each) => Object.keys(each)));
  return {
    model,
    versions: versions.map(({ version }) => version),
    metrics: Object.fromEntries(
      [...names].map((name) => [name, values.map((each) => each[name] ?? null)]),
    ),
    differences: Object.fromEntries(differences),
  };
}

/** Every value of an object by its place, `origin.dataset.name`; arrays stay whole. */
function listLeaves(value: unknown, place: string): [string, unknown][] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[place, value]];
  return Object.entries(value).flatMap(([key, part]) => listLeaves(part, `${place}.${key}`));
}
