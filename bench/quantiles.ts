/**
 * The value below which the part `q` of the values lies, between neighbours by straight lines (type
 * 7 of Hyndman and Fan, as numpy does).
 *
 * @param q from 0 to 1
 * @throws {RangeError} if there are no values or `q` is out of range
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError("Cannot compute a quantile of no values");
  if (!(q >= 0 && q <= 1)) {
    throw new RangeError(`Cannot compute quantile as q must be in [0, 1]: current value is ${q}`);
  }
  const sorted = values.toSorted((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? 0;
  const high = sorted[Math.ceil(position)] ?? 0;
  return low + (high - low) * (position - below);
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
