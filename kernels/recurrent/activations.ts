import { multiplyAdd } from "./vectors";

// Activations by the number that the host passes (ACTIVATIONS in recurrent_activations.ts).
export const TANH: i32 = 0;
export const SIGMOID: i32 = 1;
export const HARD_SIGMOID: i32 = 2;
export const RELU: i32 = 3;
export const LINEAR: i32 = 4;

/** Applies an activation to four values. A NaN stays a NaN. */
// @ts-ignore: decorator
@inline
export function activate(x: v128, activation: i32): v128 {
  if (activation == SIGMOID) return sigmoid(x);
  if (activation == TANH) return tanh(x);
  if (activation == HARD_SIGMOID) return hardSigmoid(x);
  if (activation == RELU) return f32x4.pmax(x, f32x4.splat(0));
  return x;
}

/** The slope of an activation where its value is y. */
// @ts-ignore: decorator
@inline
export function slopeAt(y: v128, activation: i32): v128 {
  const one = f32x4.splat(1);
  if (activation == SIGMOID) return f32x4.mul(y, f32x4.sub(one, y));
  if (activation == TANH) return f32x4.sub(one, f32x4.mul(y, y));
  if (activation == LINEAR) return one;
  const isRising = f32x4.gt(y, f32x4.splat(0));
  if (activation == RELU) return v128.and(isRising, one);
  return v128.and(v128.and(isRising, f32x4.lt(y, one)), f32x4.splat(0.2));
}

// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** 1 - 2 / (e^2x + 1): its error is absolute, below 2e-7, which is what the next sum keeps. */
// @ts-ignore: decorator
@inline
function tanh(x: v128): v128 {
  const one = f32x4.splat(1);
  const denominator = f32x4.add(one, exponential(f32x4.add(x, x)));
  return f32x4.sub(one, f32x4.div(f32x4.splat(2), denominator));
}

/** Keras: x / 5 + 1 / 2, cut to [0, 1]. */
// @ts-ignore: decorator
@inline
function hardSigmoid(x: v128): v128 {
  const line = multiplyAdd(x, f32x4.splat(0.2), f32x4.splat(0.5));
  // In this order of arguments a comparison with NaN gives the NaN.
  return f32x4.pmin(f32x4.pmax(line, f32x4.splat(0)), f32x4.splat(1));
}

/**
 * e^x within two units in the last place, after expf of the Cephes library (Moshier): x = n ln 2 + r,
 * a polynomial for e^r, and n added to the exponent. Beyond +-87, where float32 ends, x is cut off.
 */
// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(87)), f32x4.splat(-87));
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the mantissa.
  const magic = f32x4.splat(12582912);
  const shifted = multiplyAdd(x, f32x4.splat(1.44269504), magic);
  const n = f32x4.sub(shifted, magic);
  let r = multiplyAdd(n, f32x4.splat(-0.693359375), x);
  r = multiplyAdd(n, f32x4.splat(2.12194440e-4), r);
  let p = multiplyAdd(r, f32x4.splat(1.9875691500e-4), f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  const square = f32x4.mul(r, r);
  const power = multiplyAdd(p, square, f32x4.add(r, f32x4.splat(1)));
  return i32x4.add(power, i32x4.shl(shifted, 23));
}
