import { FLOAT_BYTES, multiplyAdd, VECTOR_BYTES } from "./vectors";

// Activations by the number that the host passes (RECURRENT_ACTIVATIONS in recurrent_cells.ts).
export const TANH: i32 = 0;
export const SIGMOID: i32 = 1;
export const HARD_SIGMOID: i32 = 2;
export const RELU: i32 = 3;
export const LINEAR: i32 = 4;

// Curves read their constants from memory: V8 writes one that stands in the code out anew at each use, in
// three instructions, while a value that was loaded before a loop stays in its register.

// @ts-ignore: decorator
@inline
const SIGMOID_CURVE: i32 = 13 * FLOAT_BYTES;
// @ts-ignore: decorator
@inline
const TANH_CURVE: i32 = 16 * FLOAT_BYTES;

/** Writes the constants of the curves into `constants`, which has room for 19 floats. */
export function storeConstants(constants: usize): void {
  // Beyond +-87 e^x leaves float32.
  f32.store(constants, 87);
  f32.store(constants, -87, 4);
  f32.store(constants, 1.44269504, 8); // 1 / ln 2
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the mantissa.
  f32.store(constants, 12582912, 12);
  f32.store(constants, -0.693359375, 16); // -ln 2, in two parts
  f32.store(constants, 2.12194440e-4, 20);
  // The polynomial of (e^r - 1 - r) / r^2.
  f32.store(constants, 1.9875691500e-4, 24);
  f32.store(constants, 1.3981999507e-3, 28);
  f32.store(constants, 8.3334519073e-3, 32);
  f32.store(constants, 4.1665795894e-2, 36);
  f32.store(constants, 1.6666665459e-1, 40);
  f32.store(constants, 5.0000001201e-1, 44);
  f32.store(constants, 1, 48);
  // sigmoid(x) = 0 + 1 / (1 + e^-x)
  f32.store(constants + SIGMOID_CURVE, -1);
  f32.store(constants + SIGMOID_CURVE, 1, 4);
  f32.store(constants + SIGMOID_CURVE, 0, 8);
  // tanh(x) = 1 - 2 / (1 + e^2x): its error is absolute, below 2e-7, which is what the next sum keeps.
  f32.store(constants + TANH_CURVE, 2);
  f32.store(constants + TANH_CURVE, -2, 4);
  f32.store(constants + TANH_CURVE, 1, 8);
}

/**
 * Applies an activation to a row in place. A NaN stays a NaN.
 *
 * @param bytes of the row, a multiple of those of a vector
 * @param constants as storeConstants() writes them
 */
export function activateRow(row: usize, bytes: i32, activation: i32, constants: usize): void {
  const end = row + bytes;
  if (activation == SIGMOID) bendRow(row, end, constants, constants + SIGMOID_CURVE);
  else if (activation == TANH) bendRow(row, end, constants, constants + TANH_CURVE);
  else if (activation == HARD_SIGMOID) hardSigmoidRow(row, end);
  else if (activation == RELU) reluRow(row, end);
}

/**
 * offset + scale / (1 + e^(rate x)). e^x is within two units in the last place, after expf of the Cephes
 * library (Moshier): x = n ln 2 + r, a polynomial for e^r, and n added to the exponent.
 *
 * @param curve rate, scale and offset
 */
function bendRow(row: usize, end: usize, constants: usize, curve: usize): void {
  const high = v128.load32_splat(constants);
  const low = v128.load32_splat(constants, 4);
  const perLn2 = v128.load32_splat(constants, 8);
  const magic = v128.load32_splat(constants, 12);
  const ln2High = v128.load32_splat(constants, 16);
  const ln2Low = v128.load32_splat(constants, 20);
  const p0 = v128.load32_splat(constants, 24);
  const p1 = v128.load32_splat(constants, 28);
  const p2 = v128.load32_splat(constants, 32);
  const p3 = v128.load32_splat(constants, 36);
  const p4 = v128.load32_splat(constants, 40);
  const p5 = v128.load32_splat(constants, 44);
  const one = v128.load32_splat(constants, 48);
  const rate = v128.load32_splat(curve);
  const scale = v128.load32_splat(curve, 4);
  const offset = v128.load32_splat(curve, 8);
  for (; row < end; row += VECTOR_BYTES) {
    const x = f32x4.pmax(f32x4.pmin(f32x4.mul(v128.load(row), rate), high), low);
    const shifted = multiplyAdd(x, perLn2, magic);
    const n = f32x4.sub(shifted, magic);
    const r = multiplyAdd(n, ln2Low, multiplyAdd(n, ln2High, x));
    let p = multiplyAdd(r, p0, p1);
    p = multiplyAdd(p, r, p2);
    p = multiplyAdd(p, r, p3);
    p = multiplyAdd(p, r, p4);
    p = multiplyAdd(p, r, p5);
    const mantissa = multiplyAdd(p, f32x4.mul(r, r), f32x4.add(r, one));
    const power = i32x4.add(mantissa, i32x4.shl(shifted, 23));
    v128.store(row, f32x4.add(offset, f32x4.div(scale, f32x4.add(one, power))));
  }
}

/** Keras: x / 5 + 1 / 2, cut to [0, 1]. */
function hardSigmoidRow(row: usize, end: usize): void {
  for (; row < end; row += VECTOR_BYTES) {
    const line = multiplyAdd(v128.load(row), f32x4.splat(0.2), f32x4.splat(0.5));
    // In this order of arguments a comparison with NaN gives the NaN.
    v128.store(row, f32x4.pmin(f32x4.pmax(line, f32x4.splat(0)), f32x4.splat(1)));
  }
}

function reluRow(row: usize, end: usize): void {
  for (; row < end; row += VECTOR_BYTES) {
    v128.store(row, f32x4.pmax(v128.load(row), f32x4.splat(0)));
  }
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
