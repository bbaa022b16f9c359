import { FLOAT_BYTES, multiplyAdd, PANEL_COLUMNS } from "./vectors";

// @ts-ignore: decorator
@inline
const PANEL_ROW_BYTES: i32 = PANEL_COLUMNS * FLOAT_BYTES;
// @ts-ignore: decorator
@inline
const ROWS_PER_TILE: i32 = 4;
// @ts-ignore: decorator
@inline
const PANELS_PER_TILE: i32 = 4;

/**
 * target[row, column] += sum of left[row, k] * right[k, column].
 *
 * @param left float32 [rows, depth], rows `leftBytes` apart
 * @param right packed by packMatrix(): panel after panel of [depth, 8]
 * @param columns a multiple of 8
 * @param target float32 [rows, columns], rows `targetBytes` apart
 */
export function accumulateProduct(
  left: usize,
  leftBytes: i32,
  rows: i32,
  depth: i32,
  right: usize,
  columns: i32,
  target: usize,
  targetBytes: i32,
): void {
  const panels = columns / PANEL_COLUMNS;
  const panelBytes = depth * PANEL_ROW_BYTES;
  const tiledRows = rows & -ROWS_PER_TILE;
  // A panel stays in the first cache while all rows pass by it.
  for (let panel = 0; panel < panels && tiledRows > 0; panel++) {
    for (let row = 0; row < tiledRows; row += ROWS_PER_TILE) {
      accumulateTile(
        left + row * leftBytes,
        leftBytes,
        right + panel * panelBytes,
        depth,
        target + row * targetBytes + panel * PANEL_ROW_BYTES,
        targetBytes,
      );
    }
  }
  for (let row = tiledRows; row < rows; row++) {
    const rowLeft = left + row * leftBytes;
    const rowTarget = target + row * targetBytes;
    let panel = 0;
    for (; panel + PANELS_PER_TILE <= panels; panel += PANELS_PER_TILE) {
      accumulateFourPanels(
        rowLeft,
        right + panel * panelBytes,
        depth,
        rowTarget + panel * PANEL_ROW_BYTES,
      );
    }
    for (; panel < panels; panel++) {
      accumulatePanel(
        rowLeft,
        right + panel * panelBytes,
        depth,
        rowTarget + panel * PANEL_ROW_BYTES,
      );
    }
  }
}

/** Four rows by one panel: eight sums in registers, six loads for eight products. */
function accumulateTile(
  left0: usize,
  leftBytes: i32,
  right: usize,
  depth: i32,
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

/** One row by four panels: eight sums in registers, nine loads for eight products. */
function accumulateFourPanels(left: usize, right0: usize, depth: i32, target: usize): void {
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
function accumulatePanel(left: usize, right: usize, depth: i32, target: usize): void {
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
