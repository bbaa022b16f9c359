import { clearRow, FLOAT_BYTES, padColumns, PANEL_COLUMNS } from "./vectors";

/**
 * Copies a matrix into panels of eight columns, each panel [depth, 8], so that a product reads it from
 * start to end. Each gate is padded with zeros to whole panels.
 *
 * @param source float32 [depth, gates * units]
 * @param target float32 [gates * paddedUnits / 8, depth, 8]
 */
export function packMatrix(
  source: usize,
  depth: i32,
  gates: i32,
  units: i32,
  target: usize,
): void {
  const sourceBytes = gates * units * FLOAT_BYTES;
  for (let gate = 0; gate < gates; gate++) {
    for (let first = 0; first < units; first += PANEL_COLUMNS) {
      const count = min(PANEL_COLUMNS, units - first);
      let row = source + (gate * units + first) * FLOAT_BYTES;
      for (let k = 0; k < depth; k++) {
        clearRow(target, PANEL_COLUMNS);
        for (let column = 0; column < count; column++) {
          const offset = column * FLOAT_BYTES;
          f32.store(target + offset, f32.load(row + offset));
        }
        row += sourceBytes;
        target += PANEL_COLUMNS * FLOAT_BYTES;
      }
    }
  }
}

/**
 * Adds a bias to one that is packed.
 *
 * @param source float32 [gates * units]
 * @param target float32 [gates, paddedUnits]
 */
export function addBias(source: usize, gates: i32, units: i32, target: usize): void {
  const rowBytes = padColumns(units) * FLOAT_BYTES;
  for (let gate = 0; gate < gates; gate++) {
    for (let unit = 0; unit < units; unit++) {
      const at = target + gate * rowBytes + unit * FLOAT_BYTES;
      f32.store(at, f32.load(at) + f32.load(source));
      source += FLOAT_BYTES;
    }
  }
}
