import type { Orientation } from "./exif_orientation.ts";
import type { Pixels } from "./pixels.ts";

/**
 * Turns a stored picture upright.
 *
 * @param pixels The picture as stored.
 * @param orientation Its EXIF orientation.
 * @returns A new picture, with the sides swapped for 5 to 8; `pixels` itself for 1.
 */
export function orientPixels(pixels: Pixels, orientation: Orientation): Pixels {
  if (orientation === 1) return pixels;
  const swapsSides = orientation >= 5;
  const width = swapsSides ? pixels.height : pixels.width;
  const height = swapsSides ? pixels.width : pixels.height;
  const { start, stepX, stepY } = getSourceWalk(pixels, orientation);
  const data = new Uint8ClampedArray(width * height * 4);
  let target = 0;
  for (let y = 0; y < height; y++) {
    let source = (start + y * stepY) * 4;
    for (let x = 0; x < width; x++, source += stepX * 4) {
      for (let channel = 0; channel < 4; channel++) {
        data[target++] = pixels.data[source + channel] ?? 0;
      }
    }
  }
  return { width, height, data };
}

/**
 * The walk through the stored picture that meets its pixels in upright order: where the upright
 * top left pixel is stored, and the steps, in pixels, to its neighbours to the right and below.
 */
function getSourceWalk({ width, height }: Pixels, orientation: Orientation) {
  const topRight = width - 1;
  const bottomLeft = (height - 1) * width;
  const bottomRight = width * height - 1;
  switch (orientation) {
    case 1:
      return { start: 0, stepX: 1, stepY: width };
    case 2:
      return { start: topRight, stepX: -1, stepY: width };
    case 3:
      return { start: bottomRight, stepX: -1, stepY: -width };
    case 4:
      return { start: bottomLeft, stepX: 1, stepY: -width };
    case 5:
      return { start: 0, stepX: width, stepY: 1 };
    case 6:
      return { start: bottomLeft, stepX: -width, stepY: 1 };
    case 7:
      return { start: bottomRight, stepX: -width, stepY: -1 };
    case 8:
      return { start: topRight, stepX: width, stepY: -1 };
  }
}
