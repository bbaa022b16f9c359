import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeImage } from "../../../lib/images/decode_image.ts";
import type { Orientation } from "../../../lib/images/exif_orientation.ts";
import { createImageDecoders } from "../../../lib/images/image_decoders.ts";
import { orientPixels } from "../../../lib/images/orient_pixels.ts";
import type { Pixels } from "../../../lib/images/pixels.ts";
import { resizeImage } from "../../../lib/images/resize_image.ts";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";
import {
  assertColor,
  drawPixels,
  getColor,
  getMeanDifference,
  QUADRANTS,
  readFixture,
} from "./fixture_pictures.ts";

const decoders = createImageDecoders(decoderModules);

const SMALL = drawPixels(7, 5, (x, y) => [
  (x * 37 + y * 11) % 256,
  (x * x * 5 + y * 40) % 256,
  255 - x * 20 - y * 13,
]);

function toColors({ data }: Pixels): number[] {
  return [...data].filter((_, i) => i % 4 !== 3);
}

/** The triangle filter in one step, in two dimensions, from its definition. */
function resizeByDefinition(
  pixels: Pixels,
  size: { width: number; height: number },
  region: { x: number; y: number; width: number; height: number },
): Pixels {
  const scaleX = region.width / size.width;
  const scaleY = region.height / size.height;
  const weigh = (distance: number, scale: number) =>
    Math.max(0, 1 - Math.abs(distance) / Math.max(1, scale));
  return drawPixels(size.width, size.height, (targetX, targetY) => {
    const sums = [0, 0, 0, 0];
    for (let y = 0; y < pixels.height; y++) {
      for (let x = 0; x < pixels.width; x++) {
        const weight = weigh(x + 0.5 - region.x - (targetX + 0.5) * scaleX, scaleX) *
          weigh(y + 0.5 - region.y - (targetY + 0.5) * scaleY, scaleY);
        [...getColor(pixels, x, y), 1].forEach((value, i) => {
          sums[i] = (sums[i] ?? 0) + weight * value;
        });
      }
    }
    const [red = 0, green = 0, blue = 0, total = 0] = sums;
    return [red / total, green / total, blue / total];
  });
}

Deno.test("resizeImage() agrees with Pillow's BILINEAR, up and down", () => {
  // PIL.Image.resize(size, BILINEAR) of the same picture; Pillow rounds between its two passes.
  // deno-fmt-ignore
  const cases: [number, number, number[]][] = [
    [3, 2, [43, 46, 225, 122, 90, 182, 201, 150, 139, 65, 126, 199, 144, 165, 156, 194, 133, 113]],
    [1, 1, [129, 119, 169]],
    [7, 2, [
      11, 40, 242, 48, 45, 222, 85, 60, 202, 122, 85, 182, 159, 120, 162, 196, 165, 142, 233, 150,
      122, 33, 120, 216, 70, 125, 196, 107, 140, 176, 144, 165, 156, 181, 200, 136, 218, 164, 116,
      174, 56, 96,
    ]],
  ];
  for (const [width, height, expected] of cases) {
    const resized = resizeImage(SMALL, { width, height, fit: "stretch" });
    assertColor(toColors(resized), expected, { tolerance: 1, message: `${width} x ${height}` });
  }
  const larger = resizeImage(SMALL, { width: 10, height: 8, fit: "stretch" });
  const expected = [0, 0, 255, 20, 3, 244, 46, 9, 230, 72, 19, 216, 98, 36, 202, 124, 57, 188];
  assertColor(toColors(larger).slice(0, 18), expected, { tolerance: 1, message: "10 x 8" });
});

Deno.test("resizeImage() keeps the pixels at the same size", () => {
  const same = resizeImage(SMALL, { width: 7, height: 5, fit: "stretch" });
  assertEquals(same, SMALL);
});

Deno.test("resizeImage() crops the central region before it resizes", () => {
  const picture = drawPixels(40, 30, (x, y) => [(x * x) % 256, (x * y * 3) % 256, (y * 50) % 256]);
  for (
    const [width, height, cropFraction] of [[8, 8, 0.875], [12, 4, 0.7], [4, 12, 1], [30, 30, 0.5]]
      .map(([width = 0, height = 0, cropFraction = 0]) => [width, height, cropFraction] as const)
  ) {
    const side = Math.min(40 / width, 30 / height) * cropFraction;
    const region = { width: width * side, height: height * side };
    const resized = resizeImage(picture, { width, height, fit: "crop", cropFraction });
    const expected = resizeByDefinition(picture, { width, height }, {
      ...region,
      x: (40 - region.width) / 2,
      y: (30 - region.height) / 2,
    });
    const message = `${width} x ${height} of ${cropFraction}`;
    assertColor(toColors(resized), toColors(expected), { tolerance: 1, message });
  }
});

Deno.test("resizeImage() turns the small picture as it would have turned the large one", () => {
  const stored = drawPixels(41, 30, (x, y) => [x * 6, y * 8, (x + y) * 3]);
  for (let orientation = 1; orientation <= 8; orientation++) {
    for (const fit of ["crop", "stretch"] as const) {
      const options = { width: 10, height: 7, fit, cropFraction: 0.8 };
      const turnedLate = resizeImage(stored, {
        ...options,
        orientation: orientation as Orientation,
      });
      const upright = orientPixels(stored, orientation as Orientation);
      const turnedEarly = resizeImage(upright, options);
      assertEquals([turnedLate.width, turnedLate.height], [10, 7]);
      const difference = getMeanDifference(turnedLate, turnedEarly);
      assert(difference < 0.05, `Orientation ${orientation}, ${fit}: differs by ${difference}`);
    }
  }
});

Deno.test("resizeImage() handles extreme aspect ratios", () => {
  const row = drawPixels(20_000, 1, (x) => [x < 10_000 ? 0 : 200, 100, 50]);
  const column = drawPixels(1, 20_000, (_, y) => [y < 10_000 ? 0 : 200, 100, 50]);
  for (const picture of [row, column]) {
    const stretched = resizeImage(picture, { width: 224, height: 224, fit: "stretch" });
    assertEquals(getColor(stretched, 0, 0), [0, 100, 50]);
    assertEquals(getColor(stretched, 223, 223), [200, 100, 50]);
    // One pixel's worth around the centre, where the step is.
    const cropped = resizeImage(picture, { width: 3, height: 3, fit: "crop", cropFraction: 0.875 });
    assertColor(getColor(cropped, 1, 1), [100, 100, 50], { tolerance: 1, message: "centre" });
  }
  const point = drawPixels(1, 1, () => [9, 8, 7]);
  const grown = resizeImage(point, { width: 5, height: 3, fit: "crop" });
  assertEquals(grown, drawPixels(5, 3, () => [9, 8, 7]));
});

Deno.test("resizeImage() throws for sides and fractions out of range", () => {
  const options = { width: 2, height: 2, fit: "crop" } as const;
  for (const side of [0, -1, 1.5, NaN]) {
    assertThrows(() => resizeImage(SMALL, { ...options, width: side }), RangeError, `${side}`);
    assertThrows(() => resizeImage(SMALL, { ...options, height: side }), RangeError, `${side}`);
  }
  for (const cropFraction of [0, -1, 1.01, NaN]) {
    assertThrows(
      () => resizeImage(SMALL, { ...options, cropFraction }),
      RangeError,
      `current value is ${cropFraction}`,
    );
  }
});

for (
  const name of ["baseline.jpg", "orientation_6.jpg", "orientation_8.png", "orientation_3.webp"]
) {
  Deno.test(`resizeImage() turns the decoded ${name} upright and crops its centre`, async () => {
    const bytes = readFixture(name);
    const { pixels, orientation } = await decodeImage(bytes, decoders, { pixelsMax: 10_000 });
    const whole = resizeImage(pixels, { width: 122, height: 94, fit: "stretch", orientation });
    assertEquals([whole.width, whole.height], [122, 94]);
    const crop = { width: 32, height: 32, fit: "crop", cropFraction: 0.5, orientation } as const;
    const centre = resizeImage(pixels, crop);
    const corners = [[2, 2], [29, 2], [2, 29], [29, 29]];
    QUADRANTS.forEach(({ name, x, y, color }, i) => {
      assertColor(getColor(whole, x * 2, y * 2), color, { tolerance: 5, message: name });
      const [cornerX = 0, cornerY = 0] = corners[i] ?? [];
      assertColor(getColor(centre, cornerX, cornerY), color, { tolerance: 12, message: name });
    });
  });
}

Deno.test("resizeImage() shows the region of a view, as the filter's definition does", () => {
  const size = { width: 3, height: 2 };
  const view = { part: 0.5, x: 1, y: 0, mirrored: false };
  const shown = resizeImage(SMALL, { ...size, fit: "crop", cropFraction: 0.9, view });
  // The largest region of 3 to 2 is 7 x 4.67; the half of its sides, at the right and at the top.
  const region = { x: 3.5, y: 0, width: 3.5, height: 7 / 3 };
  assertEquals(toColors(shown), toColors(resizeByDefinition(SMALL, size, region)));
});

Deno.test("resizeImage() takes the part of both sides for a view that is stretched", () => {
  const size = { width: 3, height: 2 };
  const view = { part: 0.8, x: 0.25, y: 1, mirrored: false };
  const shown = resizeImage(SMALL, { ...size, fit: "stretch", view });
  const region = { x: 0.35, y: 1, width: 5.6, height: 4 };
  assertEquals(toColors(shown), toColors(resizeByDefinition(SMALL, size, region)));
});

Deno.test("resizeImage() mirrors a view from left to right after it is upright", () => {
  const options = { width: 4, height: 4, fit: "stretch", orientation: 6 } as const;
  const view = { part: 1, x: 0.5, y: 0.5, mirrored: true };
  const plain = resizeImage(SMALL, options);
  const mirrored = resizeImage(SMALL, { ...options, view });
  for (let x = 0; x < 4; x++) {
    for (let y = 0; y < 4; y++) assertEquals(getColor(mirrored, x, y), getColor(plain, 3 - x, y));
  }
});

Deno.test("resizeImage() throws when the part of a view is not in (0, 1]", () => {
  for (const part of [0, 1.1, NaN]) {
    const view = { part, x: 0.5, y: 0.5, mirrored: false };
    assertThrows(
      () => resizeImage(SMALL, { width: 2, height: 2, fit: "crop", view }),
      RangeError,
      `part must be in (0, 1]: current value is ${part}`,
    );
  }
});
