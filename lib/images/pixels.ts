/** A decoded picture: 8-bit RGBA, row by row from the top left, opaque. */
export interface Pixels {
  width: number;
  height: number;
  /** `width * height * 4` bytes: red, green, blue, 255. */
  data: Uint8ClampedArray<ArrayBuffer>;
}
