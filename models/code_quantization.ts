/** The range of each number of a code that 8 bits keep. */
export interface CodeRange {
  /** What 0 stands for. */
  low: readonly number[];
  /** What 255 stands for; above `low`. */
  high: readonly number[];
}

/** Rounds each number to 255 steps between its `low` and `high`; what lies outside is cut off. */
export function quantizeCode(
  code: ArrayLike<number>,
  { low, high }: CodeRange,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(low, (least, index) => {
    const share = ((code[index] ?? NaN) - least) / ((high[index] ?? NaN) - least);
    return Math.round(Math.min(1, Math.max(0, share)) * 255);
  });
}

/** The numbers that quantised ones stand for. */
export function dequantizeCode(
  code: ArrayLike<number>,
  { low, high }: CodeRange,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(low, (least, index) => {
    return (code[index] ?? NaN) / 255 * ((high[index] ?? NaN) - least) + least;
  });
}
