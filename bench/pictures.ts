import encodeJpeg, { init as startJpegEncoder } from "@jsquash/jpeg/encode.js";
import type { Pixels } from "../lib/images/pixels.ts";
import { RESULTS_FOLDER } from "./model_files.ts";
import { jpegEncoder } from "./wasm_encoders.js";

/** A picture's sides. */
export interface PictureSize {
  width: number;
  height: number;
}

/** The pictures that are sent: what a web page shows, and what a phone takes. */
export const PICTURES = [
  { name: "640x480 JPEG", width: 640, height: 480 },
  { name: "12 MP JPEG", width: 4000, height: 3000 },
] as const;

/** As phones do; the files come out at about four pixels per byte, which is usual for photos. */
const JPEG_OPTIONS = { quality: 85, progressive: false, trellis_multipass: false };
const DISC_COUNT = 40;
const OCTAVES = 6;

/**
 * Draws a picture that is as hard to compress as a photo: coloured clouds at several scales, with
 * sharp-edged discs and the noise of a sensor. The same size gives the same picture always.
 */
export function makePicturePixels({ width, height }: PictureSize): Pixels {
  const random = createRandom();
  const side = Math.max(width, height);
  const clouds = Array.from({ length: 3 }, () => makeClouds(random));
  const discs = Array.from({ length: DISC_COUNT }, () => ({
    x: random() * width,
    y: random() * height,
    radius: side * (0.01 + 0.12 * random() ** 3),
    shade: Array.from({ length: 3 }, () => 160 * (random() - 0.5)),
  }));
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, i = 0; y < height; y++) {
    const row = discs.filter((disc) => Math.abs(disc.y - y) < disc.radius);
    for (let x = 0; x < width; x++, i += 4) {
      const noise = 40 * (random() - 0.5);
      const disc = row.find((disc) => Math.hypot(disc.x - x, disc.y - y) < disc.radius);
      for (let channel = 0; channel < 3; channel++) {
        const cloud = clouds[channel]?.(x / side, y / side) ?? 0;
        data[i + channel] = 128 + 150 * cloud + noise + (disc?.shade[channel] ?? 0);
      }
      data[i + 3] = 255;
    }
  }
  return { width, height, data };
}

/** One of {@linkcode PICTURES} as a file, made at its first use. */
export async function makePictureFile(picture: PictureSize): Promise<string> {
  const path = `${RESULTS_FOLDER}picture_${picture.width}x${picture.height}.jpg`;
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (exists) return path;
  await startJpegEncoder(jpegEncoder);
  const { data, width, height } = makePicturePixels(picture);
  const bytes = await encodeJpeg(new ImageData(data, width, height), JPEG_OPTIONS);
  await Deno.mkdir(RESULTS_FOLDER, { recursive: true });
  await Deno.writeFile(path, new Uint8Array(bytes));
  return path;
}

/** Value noise: random heights on grids of doubling fineness, smoothly joined. */
function makeClouds(random: () => number): (x: number, y: number) => number {
  const gridSize = 4 << OCTAVES;
  const grid = Float32Array.from({ length: gridSize * gridSize }, () => random() - 0.5);
  const at = (column: number, row: number) =>
    grid[(row % gridSize) * gridSize + column % gridSize] ?? 0;
  const ease = (t: number) => t * t * (3 - 2 * t);
  return (x, y) => {
    let sum = 0;
    for (let octave = 0; octave < OCTAVES; octave++) {
      const frequency = 3 << octave;
      const [column, row] = [Math.floor(x * frequency), Math.floor(y * frequency)];
      const [u, v] = [ease(x * frequency - column), ease(y * frequency - row)];
      const top = at(column, row) * (1 - u) + at(column + 1, row) * u;
      const bottom = at(column, row + 1) * (1 - u) + at(column + 1, row + 1) * u;
      sum += (top * (1 - v) + bottom * v) / 2 ** octave;
    }
    return sum;
  };
}

/** Uniform in [0, 1), always the same: a linear congruential generator (Numerical Recipes). */
function createRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
