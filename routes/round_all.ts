/** Milliseconds to two places: what is smaller is noise. */
export function roundAll<T extends Record<string, number>>(milliseconds: T): T {
  const rounded = Object.entries(milliseconds).map(([k, v]) => [k, Math.round(v * 100) / 100]);
  return Object.fromEntries(rounded);
}
