// AssemblyScript. Sums and updates over float32 vectors whose length is a multiple of 4.
import { multiplyAdd } from "./multiply";

/** a . b, summed in float64. */
export function dotProduct(a: usize, b: usize, length: i32): f64 {
  let low = f64x2.splat(0), high = low;
  const bytes = <usize> length << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const product = f32x4.mul(v128.load(a + at), v128.load(b + at));
    low = f64x2.add(low, f64x2.promote_low_f32x4(product));
    high = f64x2.add(
      high,
      f64x2.promote_low_f32x4(v128.shuffle<f32>(product, product, 2, 3, 0, 1)),
    );
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** y = factor x + decay y. */
export function addScaled(x: usize, factor: f32, y: usize, decay: f32, length: i32): void {
  const factors = f32x4.splat(factor);
  const decays = f32x4.splat(decay);
  const bytes = <usize> length << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const scaled = f32x4.mul(v128.load(x + at), factors);
    v128.store(y + at, multiplyAdd(v128.load(y + at), decays, scaled));
  }
}

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1) with the corrections of both means folded into
 * `rate` and `epsilon`.
 */
export function stepAdam(
  parameters: usize,
  gradient: usize,
  mean: usize,
  variance: usize,
  rate: f32,
  epsilon: f32,
  length: i32,
): void {
  const bytes = <usize> length << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const g = v128.load(gradient + at);
    const m = multiplyAdd(
      v128.load(mean + at),
      f32x4.splat(0.9),
      f32x4.mul(g, f32x4.splat(0.1)),
    );
    const v = multiplyAdd(
      v128.load(variance + at),
      f32x4.splat(0.999),
      f32x4.mul(f32x4.mul(g, g), f32x4.splat(0.001)),
    );
    v128.store(mean + at, m);
    v128.store(variance + at, v);
    const step = f32x4.div(
      f32x4.mul(m, f32x4.splat(rate)),
      f32x4.add(f32x4.sqrt(v), f32x4.splat(epsilon)),
    );
    v128.store(parameters + at, f32x4.sub(v128.load(parameters + at), step));
  }
}

/** Replaces the negative numbers of x by 0. */
export function rectify(x: usize, length: i32): void {
  const bytes = <usize> length << 2;
  const zero = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(x + at, f32x4.max(v128.load(x + at), zero));
  }
}

/** y = 0 where x is 0: what the gradient does on its way back through a rectifier. */
export function maskWhereZero(x: usize, y: usize, length: i32): void {
  const bytes = <usize> length << 2;
  const zero = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(y + at, v128.andnot(v128.load(y + at), f32x4.eq(v128.load(x + at), zero)));
  }
}

/** y *= x, number by number. */
export function multiplyEach(x: usize, y: usize, length: i32): void {
  const bytes = <usize> length << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(y + at, f32x4.mul(v128.load(y + at), v128.load(x + at)));
  }
}
