import {
  accumulateFourPanels,
  accumulatePairTile,
  accumulatePanel,
  accumulateTile,
  PANEL_ROW_BYTES,
} from "./multiply_tiles";
import { PANEL_COLUMNS } from "./vectors";

// @ts-ignore: decorator
@inline
const ROWS_PER_TILE: i32 = 4;
// @ts-ignore: decorator
@inline
const PANELS_PER_PAIR: i32 = 2;
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
        depth,
        right + panel * panelBytes,
        target + row * targetBytes + panel * PANEL_ROW_BYTES,
        targetBytes,
      );
    }
  }
  let row = tiledRows;
  if (rows - row >= 2) {
    accumulatePair(
      left + row * leftBytes,
      leftBytes,
      depth,
      right,
      panels,
      target + row * targetBytes,
      targetBytes,
    );
    row += 2;
  }
  if (row < rows) {
    accumulateRow(left + row * leftBytes, depth, right, panels, target + row * targetBytes);
  }
}

/** Two rows by all panels, which pass by once for both. */
function accumulatePair(
  left: usize,
  leftBytes: i32,
  depth: i32,
  right: usize,
  panels: i32,
  target: usize,
  targetBytes: i32,
): void {
  const panelBytes = depth * PANEL_ROW_BYTES;
  let panel = 0;
  for (; panel + PANELS_PER_PAIR <= panels; panel += PANELS_PER_PAIR) {
    accumulatePairTile(left, left + leftBytes, depth, right, target, target + targetBytes);
    right += PANELS_PER_PAIR * panelBytes;
    target += PANELS_PER_PAIR * PANEL_ROW_BYTES;
  }
  if (panel == panels) return;
  accumulatePanel(left, depth, right, target);
  accumulatePanel(left + leftBytes, depth, right, target + targetBytes);
}

/** One row by all panels. */
function accumulateRow(left: usize, depth: i32, right: usize, panels: i32, target: usize): void {
  const panelBytes = depth * PANEL_ROW_BYTES;
  let panel = 0;
  for (; panel + PANELS_PER_TILE <= panels; panel += PANELS_PER_TILE) {
    accumulateFourPanels(left, depth, right, target);
    right += PANELS_PER_TILE * panelBytes;
    target += PANELS_PER_TILE * PANEL_ROW_BYTES;
  }
  for (; panel < panels; panel++) {
    accumulatePanel(left, depth, right, target);
    right += panelBytes;
    target += PANEL_ROW_BYTES;
  }
}
