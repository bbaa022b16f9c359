import type { Orientation } from "./exif_orientation.ts";
import type { ImageView } from "./image_view.ts";
import { orientPixels } from "./orient_pixels.ts";
import type { Pixels } from "./pixels.ts";

/** What {@linkcode resizeImage} makes of a picture. */
export interface ResizeImageOptions {
  /** The width of the upright result, in pixels. */
  width: number;
  /** The height of the upright result, in pixels. */
  height: number;
  /**
   * `crop` takes the largest central region of the target's aspect ratio; `stretch` takes the whole
   * picture and changes its aspect ratio.
   */
  fit: "crop" | "stretch";
  /**
   * For `crop`: the part of that region's sides to take, in (0, 1]; 1 when absent. ImageNet models
   * are evaluated with 0.875: resize the short side to 256, take the central 224.
   */
  cropFraction?: number;
  /** How `pixels` have to be turned to stand upright; 1 when absent. */
  orientation?: Orientation;
  /** Another region than the central one, in place of `cropFraction`. */
  view?: ImageView | undefined;
}

const CENTRAL: ImageView = { part: 1, x: 0.5, y: 0.5, mirrored: false };
/** The orientation that exchanges left and right. */
const MIRRORED = 2;

/** Which source pixels one row or column of the result is made of, and how much of each. */
interface Taps {
  /** The first source index of each target index. */
  first: Int32Array;
  /** How many source indices each target index takes. */
  count: Int32Array;
  /** `tapsMax` weights for each target index, of which `count` are used; they add up to 1. */
  weights: Float32Array;
  tapsMax: number;
}

/**
 * Resizes a picture with an antialiased triangle filter, as Pillow's BILINEAR and torchvision's
 * antialiased resize do, straight from the stored pixels: one pass over the rows of the region, and
 * no picture in between. At the edges of a cropped region the filter sees the pixels beyond, as
 * it does in the order resize, then crop.
 *
 * @returns A new opaque picture of exactly `width` x `height`, upright.
 * @throws {RangeError} When a side is not a whole number >= 1, or `cropFraction` or `part` of the
 *   view is not in (0, 1].
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { resizeImage } from "./resize_image.ts";
 *
 * const pixels = { width: 2, height: 1, data: Uint8ClampedArray.of(0, 0, 0, 255, 99, 99, 99, 255) };
 * const { data } = resizeImage(pixels, { width: 1, height: 1, fit: "stretch" });
 * assertEquals(data, Uint8ClampedArray.of(50, 50, 50, 255));
 * ```
 */
export function resizeImage(pixels: Pixels, options: ResizeImageOptions): Pixels {
  const { fit, cropFraction = 1, orientation = 1, view } = options;
  checkSide("width", options.width);
  checkSide("height", options.height);
  checkPart("cropFraction", cropFraction);
  if (view) checkPart("part", view.part);
  // The stored picture may lie on its side; the result is turned at the end, when it is small.
  const [width, height] = orientation >= 5
    ? [options.height, options.width]
    : [options.width, options.height];
  let [regionWidth, regionHeight] = [pixels.width, pixels.height];
  if (fit === "crop") {
    const scale = Math.min(pixels.width / width, pixels.height / height);
    const part = view ? 1 : cropFraction;
    [regionWidth, regionHeight] = [width * scale * part, height * scale * part];
  }
  const { part, x, y, mirrored } = view ?? CENTRAL;
  const columns = computeTaps(pixels.width, { length: regionWidth * part, place: x }, width);
  const rows = computeTaps(pixels.height, { length: regionHeight * part, place: y }, height);
  const upright = orientPixels(applyTaps(pixels, columns, rows), orientation);
  return mirrored ? orientPixels(upright, MIRRORED) : upright;
}

function checkSide(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`Cannot resize image as ${name} must be >= 1: current value is ${value}`);
  }
}

function checkPart(name: string, value: number): void {
  if (!(value > 0 && value <= 1)) {
    throw new RangeError(
      `Cannot resize image as ${name} must be in (0, 1]: current value is ${value}`,
    );
  }
}

/**
 * Computes the triangle filter that maps a region of `sourceLength` pixels onto `targetLength`
 * pixels. The triangle is as wide as two target pixels, and never narrower than two source pixels.
 *
 * @param region its length, and its place: 0.5 is the middle
 */
function computeTaps(
  sourceLength: number,
  region: { length: number; place: number },
  targetLength: number,
): Taps {
  const scale = region.length / targetLength;
  const start = (sourceLength - region.length) * region.place;
  const radius = Math.max(scale, 1);
  const tapsMax = Math.ceil(radius * 2) + 1;
  const first = new Int32Array(targetLength);
  const count = new Int32Array(targetLength);
  const weights = new Float32Array(targetLength * tapsMax);
  for (let target = 0; target < targetLength; target++) {
    const center = start + (target + 0.5) * scale;
    // The source pixels whose centres lie under the triangle.
    const begin = Math.max(0, Math.floor(center - radius + 0.5));
    const end = Math.min(sourceLength, Math.ceil(center + radius - 0.5));
    const own = weights.subarray(target * tapsMax, target * tapsMax + end - begin);
    let sum = 0;
    for (let tap = 0; tap < own.length; tap++) {
      const weight = 1 - Math.abs(begin + tap + 0.5 - center) / radius;
      own[tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < own.length; tap++) own[tap] = (own[tap] ?? 0) / sum;
    first[target] = begin;
    count[target] = own.length;
  }
  return { first, count, weights, tapsMax };
}

/**
 * Filters each source row that is needed to the target's width once, and adds it to the target rows
 * that it is part of: two when the picture shrinks, many when it grows.
 */
function applyTaps(pixels: Pixels, columns: Taps, rows: Taps): Pixels {
  const [width, height] = [columns.first.length, rows.first.length];
  const sums = new Float32Array(width * height * 3);
  const filteredRow = new Float32Array(width * 3);
  const rowEnd = (target: number) => (rows.first[target] ?? 0) + (rows.count[target] ?? 0);
  let firstTarget = 0;
  for (let y = rows.first[0] ?? 0; y < rowEnd(height - 1); y++) {
    filterRow(pixels.data.subarray(y * pixels.width * 4), columns, filteredRow);
    while (rowEnd(firstTarget) <= y) firstTarget++;
    for (let target = firstTarget; target < height; target++) {
      const tap = y - (rows.first[target] ?? 0);
      if (tap < 0) break;
      const weight = rows.weights[target * rows.tapsMax + tap] ?? 0;
      const offset = target * filteredRow.length;
      for (let i = 0; i < filteredRow.length; i++) {
        sums[offset + i] = (sums[offset + i] ?? 0) + weight * (filteredRow[i] ?? 0);
      }
    }
  }
  const data = new Uint8ClampedArray(width * height * 4);
  for (let source = 0, target = 0; source < sums.length; source += 3, target += 4) {
    // A clamped array rounds to the nearest value on its own.
    data[target] = sums[source] ?? 0;
    data[target + 1] = sums[source + 1] ?? 0;
    data[target + 2] = sums[source + 2] ?? 0;
    data[target + 3] = 255;
  }
  // Given back at once, as in `releasePixels`.
  sums.buffer.transfer(0);
  return { width, height, data };
}

/** Filters one row of RGBA to `target.length / 3` pixels of RGB. The loop that takes the time. */
function filterRow(source: Uint8ClampedArray, columns: Taps, target: Float32Array): void {
  const { first, count, weights, tapsMax } = columns;
  for (let x = 0; x < first.length; x++) {
    let red = 0;
    let green = 0;
    let blue = 0;
    let position = (first[x] ?? 0) * 4;
    const begin = x * tapsMax;
    const end = begin + (count[x] ?? 0);
    for (let tap = begin; tap < end; tap++, position += 4) {
      const weight = weights[tap] ?? 0;
      red += weight * (source[position] ?? 0);
      green += weight * (source[position + 1] ?? 0);
      blue += weight * (source[position + 2] ?? 0);
    }
    target[x * 3] = red;
    target[x * 3 + 1] = green;
    target[x * 3 + 2] = blue;
  }
}
