/** A decoded picture: 8-bit RGBA, row by row from the top left, opaque. */
export interface Pixels {
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** `width * height * 4` bytes: red, green, blue, 255. */
  data: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * Gives a picture's memory back at once; it is empty and must not be used afterwards. A decoded
 * photo takes tens of megabytes that the garbage collector would leave lying for many requests.
 */
export function releasePixels(pixels: Pixels): void {
  pixels.data.buffer.transfer(0);
}
