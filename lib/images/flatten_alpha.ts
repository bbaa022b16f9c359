import type { Pixels } from "./pixels.ts";

/**
 * Lays a picture with transparency over white, in place; afterwards every pixel is opaque.
 *
 * @param pixels RGBA whose colours are not multiplied by alpha.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flattenAlpha } from "./flatten_alpha.ts";
 *
 * const pixels = { width: 1, height: 1, data: Uint8ClampedArray.of(0, 0, 0, 51) };
 * flattenAlpha(pixels);
 * assertEquals(pixels.data, Uint8ClampedArray.of(204, 204, 204, 255));
 * ```
 */
export function flattenAlpha({ data }: Pixels): void {
  for (let i = 3; i < data.length; i += 4) {
    const alpha = data[i] ?? 255;
    if (alpha === 255) continue;
    // A clamped array rounds to the nearest value on its own.
    for (let j = i - 3; j < i; j++) data[j] = 255 + ((data[j] ?? 255) - 255) * alpha / 255;
    data[i] = 255;
  }
}
