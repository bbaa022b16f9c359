// Arithmetic on four float32 lanes. The same source makes both builds: with relaxed SIMD a product
// and a sum are one rounded operation, without it they are two.

/** Lanes of a vector. */
export const LANES: i32 = 4;
/** Columns of a panel of packed weights: two vectors. */
export const PANEL_COLUMNS: i32 = 8;
/** Bytes of a float32. */
export const FLOAT_BYTES: i32 = 4;
/** Bytes of a vector. */
export const VECTOR_BYTES: i32 = 16;

/** a * b + c */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** A count, rounded up to whole panels. */
// @ts-ignore: decorator
@inline
export function padColumns(count: i32): i32 {
  return (count + PANEL_COLUMNS - 1) & -PANEL_COLUMNS;
}

/** Copies `count` float32 values; nothing beyond them is written. */
export function copyRow(target: usize, source: usize, count: i32): void {
  let index = 0;
  for (; index + LANES <= count; index += LANES) {
    v128.store(target, v128.load(source));
    target += VECTOR_BYTES;
    source += VECTOR_BYTES;
  }
  for (; index < count; index++) {
    f32.store(target, f32.load(source));
    target += FLOAT_BYTES;
    source += FLOAT_BYTES;
  }
}

/** Fills `count` float32 values, a multiple of four, with zeros. */
export function clearRow(target: usize, count: i32): void {
  for (let end = target + count * FLOAT_BYTES; target < end; target += VECTOR_BYTES) {
    v128.store(target, f32x4.splat(0));
  }
}
