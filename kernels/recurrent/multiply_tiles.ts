import { FLOAT_BYTES, multiplyAdd, PANEL_COLUMNS } from "./vectors";

// Pieces of a product, each with as many sums as the sixteen registers of x86-64 and what they
// multiply have room for. `left` is read a value at a time, `right` a row of a panel at a time, and
// the sums are added to what `target` holds.

/** Bytes of one row of a panel. */
export const PANEL_ROW_BYTES: i32 = PANEL_COLUMNS * FLOAT_BYTES;

/** Four rows by one panel: eight sums in registers, six loads for eight products. */
export function accumulateTile(
  left0: usize,
  leftBytes: i32,
  depth: i32,
  right: usize,
  target0: usize,
  targetBytes: i32,
): void {
  let left1 = left0 + leftBytes;
  let left2 = left1 + leftBytes;
  let left3 = left2 + leftBytes;
  const target1 = target0 + targetBytes;
  const target2 = target1 + targetBytes;
  const target3 = target2 + targetBytes;
  let sum00 = v128.load(target0);
  let sum01 = v128.load(target0, 16);
  let sum10 = v128.load(target1);
  let sum11 = v128.load(target1, 16);
  let sum20 = v128.load(target2);
  let sum21 = v128.load(target2, 16);
  let sum30 = v128.load(target3);
  let sum31 = v128.load(target3, 16);
  for (const end = left0 + depth * FLOAT_BYTES; left0 < end;) {
    const right0 = v128.load(right);
    const right1 = v128.load(right, 16);
    let value = v128.load32_splat(left0);
    sum00 = multiplyAdd(value, right0, sum00);
    sum01 = multiplyAdd(value, right1, sum01);
    value = v128.load32_splat(left1);
    sum10 = multiplyAdd(value, right0, sum10);
    sum11 = multiplyAdd(value, right1, sum11);
    value = v128.load32_splat(left2);
    sum20 = multiplyAdd(value, right0, sum20);
    sum21 = multiplyAdd(value, right1, sum21);
    value = v128.load32_splat(left3);
    sum30 = multiplyAdd(value, right0, sum30);
    sum31 = multiplyAdd(value, right1, sum31);
    right += PANEL_ROW_BYTES;
    left0 += FLOAT_BYTES;
    left1 += FLOAT_BYTES;
    left2 += FLOAT_BYTES;
    left3 += FLOAT_BYTES;
  }
  v128.store(target0, sum00);
  v128.store(target0, sum01, 16);
  v128.store(target1, sum10);
  v128.store(target1, sum11, 16);
  v128.store(target2, sum20);
  v128.store(target2, sum21, 16);
  v128.store(target3, sum30);
  v128.store(target3, sum31, 16);
}

/** Two rows by two panels: eight sums in registers, six loads for eight products. */
export function accumulatePairTile(
  left0: usize,
  left1: usize,
  depth: i32,
  right0: usize,
  target0: usize,
  target1: usize,
): void {
  let right1 = right0 + depth * PANEL_ROW_BYTES;
  let sum00 = v128.load(target0);
  let sum01 = v128.load(target0, 16);
  let sum02 = v128.load(target0, 32);
  let sum03 = v128.load(target0, 48);
  let sum10 = v128.load(target1);
  let sum11 = v128.load(target1, 16);
  let sum12 = v128.load(target1, 32);
  let sum13 = v128.load(target1, 48);
  for (const end = left0 + depth * FLOAT_BYTES; left0 < end;) {
    const value0 = v128.load32_splat(left0);
    const value1 = v128.load32_splat(left1);
    let column = v128.load(right0);
    sum00 = multiplyAdd(value0, column, sum00);
    sum10 = multiplyAdd(value1, column, sum10);
    column = v128.load(right0, 16);
    sum01 = multiplyAdd(value0, column, sum01);
    sum11 = multiplyAdd(value1, column, sum11);
    column = v128.load(right1);
    sum02 = multiplyAdd(value0, column, sum02);
    sum12 = multiplyAdd(value1, column, sum12);
    column = v128.load(right1, 16);
    sum03 = multiplyAdd(value0, column, sum03);
    sum13 = multiplyAdd(value1, column, sum13);
    left0 += FLOAT_BYTES;
    left1 += FLOAT_BYTES;
    right0 += PANEL_ROW_BYTES;
    right1 += PANEL_ROW_BYTES;
  }
  v128.store(target0, sum00);
  v128.store(target0, sum01, 16);
  v128.store(target0, sum02, 32);
  v128.store(target0, sum03, 48);
  v128.store(target1, sum10);
  v128.store(target1, sum11, 16);
  v128.store(target1, sum12, 32);
  v128.store(target1, sum13, 48);
}

/** One row by four panels: eight sums in registers, nine loads for eight products. */
export function accumulateFourPanels(left: usize, depth: i32, right0: usize, target: usize): void {
  const panelBytes = depth * PANEL_ROW_BYTES;
  let right1 = right0 + panelBytes;
  let right2 = right1 + panelBytes;
  let right3 = right2 + panelBytes;
  let sum0 = v128.load(target);
  let sum1 = v128.load(target, 16);
  let sum2 = v128.load(target, 32);
  let sum3 = v128.load(target, 48);
  let sum4 = v128.load(target, 64);
  let sum5 = v128.load(target, 80);
  let sum6 = v128.load(target, 96);
  let sum7 = v128.load(target, 112);
  for (const end = left + depth * FLOAT_BYTES; left < end; left += FLOAT_BYTES) {
    const value = v128.load32_splat(left);
    sum0 = multiplyAdd(value, v128.load(right0), sum0);
    sum1 = multiplyAdd(value, v128.load(right0, 16), sum1);
    sum2 = multiplyAdd(value, v128.load(right1), sum2);
    sum3 = multiplyAdd(value, v128.load(right1, 16), sum3);
    sum4 = multiplyAdd(value, v128.load(right2), sum4);
    sum5 = multiplyAdd(value, v128.load(right2, 16), sum5);
    sum6 = multiplyAdd(value, v128.load(right3), sum6);
    sum7 = multiplyAdd(value, v128.load(right3, 16), sum7);
    right0 += PANEL_ROW_BYTES;
    right1 += PANEL_ROW_BYTES;
    right2 += PANEL_ROW_BYTES;
    right3 += PANEL_ROW_BYTES;
  }
  v128.store(target, sum0);
  v128.store(target, sum1, 16);
  v128.store(target, sum2, 32);
  v128.store(target, sum3, 48);
  v128.store(target, sum4, 64);
  v128.store(target, sum5, 80);
  v128.store(target, sum6, 96);
  v128.store(target, sum7, 112);
}

/** One row by one panel. */
export function accumulatePanel(left: usize, depth: i32, right: usize, target: usize): void {
  let sum0 = v128.load(target);
  let sum1 = v128.load(target, 16);
  for (const end = left + depth * FLOAT_BYTES; left < end; left += FLOAT_BYTES) {
    const value = v128.load32_splat(left);
    sum0 = multiplyAdd(value, v128.load(right), sum0);
    sum1 = multiplyAdd(value, v128.load(right, 16), sum1);
    right += PANEL_ROW_BYTES;
  }
  v128.store(target, sum0);
  v128.store(target, sum1, 16);
}
