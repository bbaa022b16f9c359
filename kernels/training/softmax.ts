// AssemblyScript. Softmax cross-entropy over rows of logits, the classes padded to a multiple of 4
// with logits that are far below all others.
import { multiplyAdd, sumLanes } from "./multiply";

/** Largest of the four lanes. */
// @ts-ignore: decorators are AssemblyScript's
@inline
function maximumLane(a: v128): f32 {
  const pairs = f32x4.max(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/**
 * e^x for x <= 0, within 2 units in the last place; 0 below -87. The reduction and the polynomial
 * are those of Cephes' `expf` (Moshier).
 */
// @ts-ignore: decorators are AssemblyScript's
@inline
function exponential(x: v128): v128 {
  const clamped = f32x4.max(x, f32x4.splat(-87));
  const whole = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504)));
  let rest = f32x4.sub(clamped, f32x4.mul(whole, f32x4.splat(0.693359375)));
  rest = f32x4.add(rest, f32x4.mul(whole, f32x4.splat(2.12194440e-4)));
  let sum = f32x4.splat(1.9875691500e-4);
  sum = multiplyAdd(sum, rest, f32x4.splat(1.3981999507e-3));
  sum = multiplyAdd(sum, rest, f32x4.splat(8.3334519073e-3));
  sum = multiplyAdd(sum, rest, f32x4.splat(4.1665795894e-2));
  sum = multiplyAdd(sum, rest, f32x4.splat(1.6666665459e-1));
  sum = multiplyAdd(sum, rest, f32x4.splat(0.5));
  sum = multiplyAdd(f32x4.mul(sum, rest), rest, f32x4.add(rest, f32x4.splat(1)));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127)), 23);
  const power = f32x4.mul(sum, scale);
  return v128.and(power, f32x4.gt(x, f32x4.splat(-87)));
}

/**
 * The weighted sum over rows of the cross-entropy at `logits + step direction`, with its
 * derivative in `step`, as two float64 at `out`. The sums over rows are float64.
 */
export function crossEntropyAlong(
  logits: usize,
  direction: usize,
  step: f32,
  stride: i32,
  classes: usize,
  rowWeights: usize,
  rows: i32,
  out: usize,
): void {
  let value: f64 = 0;
  let slope: f64 = 0;
  const bytes = <usize> stride << 2;
  const steps = f32x4.splat(step);
  for (let row = 0; row < rows; row++) {
    let top = f32x4.splat(<f32> -Infinity);
    for (let at: usize = 0; at < bytes; at += 16) {
      const z = multiplyAdd(v128.load(direction + at), steps, v128.load(logits + at));
      top = f32x4.max(top, z);
    }
    const shift = maximumLane(top);
    const shifts = f32x4.splat(shift);
    let sum = f32x4.splat(0), first = sum;
    for (let at: usize = 0; at < bytes; at += 16) {
      const d = v128.load(direction + at);
      const z = multiplyAdd(d, steps, v128.load(logits + at));
      const power = exponential(f32x4.sub(z, shifts));
      sum = f32x4.add(sum, power);
      first = multiplyAdd(power, d, first);
    }
    const total = <f64> sumLanes(sum);
    const ownClass = <usize> load<i32>(classes + (<usize> row << 2)) << 2;
    const weight = <f64> load<f32>(rowWeights + (<usize> row << 2));
    const own = <f64> load<f32>(direction + ownClass);
    const ownLogit = <f64> load<f32>(logits + ownClass) + <f64> step * own;
    value += weight * (Math.log(total) + <f64> shift - ownLogit);
    slope += weight * (<f64> sumLanes(first) / total - own);
    logits += bytes;
    direction += bytes;
  }
  store<f64>(out, value);
  store<f64>(out, slope, 8);
}

/**
 * Replaces logits by the gradient of the weighted sum of cross-entropies: weight (probability - 1
 * where the class is the row's own). Returns that sum.
 */
export function crossEntropyGradient(
  logits: usize,
  gradient: usize,
  stride: i32,
  classes: usize,
  rowWeights: usize,
  rows: i32,
): f64 {
  let value: f64 = 0;
  const bytes = <usize> stride << 2;
  for (let row = 0; row < rows; row++) {
    let top = f32x4.splat(<f32> -Infinity);
    for (let at: usize = 0; at < bytes; at += 16) top = f32x4.max(top, v128.load(logits + at));
    const shift = maximumLane(top);
    const shifts = f32x4.splat(shift);
    const ownClass = <usize> load<i32>(classes + (<usize> row << 2)) << 2;
    const ownLogit = load<f32>(logits + ownClass);
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      const power = exponential(f32x4.sub(v128.load(logits + at), shifts));
      v128.store(gradient + at, power);
      sum = f32x4.add(sum, power);
    }
    const total = sumLanes(sum);
    const weight = load<f32>(rowWeights + (<usize> row << 2));
    value += <f64> weight * (Math.log(<f64> total) + <f64> shift - <f64> ownLogit);
    const scale = f32x4.splat(weight / total);
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(gradient + at, f32x4.mul(v128.load(gradient + at), scale));
    }
    store<f32>(gradient + ownClass, load<f32>(gradient + ownClass) - weight);
    logits += bytes;
    gradient += bytes;
  }
  return value;
}
