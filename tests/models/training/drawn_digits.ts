import { createRandom } from "../../../lib/random.ts";
import type { LabelledFeatures } from "../../../models/training/labelled_features.ts";

/** The ten digits, 5 x 7 dots. */
const GLYPHS = [
  "01110 10001 10011 10101 11001 10001 01110",
  "00100 01100 00100 00100 00100 00100 01110",
  "01110 10001 00001 00110 01000 10000 11111",
  "01110 10001 00001 00110 00001 10001 01110",
  "00010 00110 01010 10010 11111 00010 00010",
  "11111 10000 11110 00001 00001 10001 01110",
  "01110 10000 10000 11110 10001 10001 01110",
  "11111 00001 00010 00100 01000 01000 01000",
  "01110 10001 10001 01110 10001 10001 01110",
  "01110 10001 10001 01111 00001 00001 01110",
].map((rows) => rows.split(" "));

const SIZE = 8;

/**
 * Digits on 8 x 8 pixels: each shifted by up to a pixel or so between the dots, of its own
 * brightness, and with noise over all of it.
 */
export function drawDigits(count: number, { seed = 0, noise = 0.25 } = {}): LabelledFeatures {
  const random = createRandom(seed);
  const features = new Float32Array(count * SIZE * SIZE);
  const classes = new Uint16Array(count);
  for (let sample = 0; sample < count; sample++) {
    const digit = sample % GLYPHS.length;
    classes[sample] = digit;
    const left = 0.5 + 2 * random();
    const top = 0 + random();
    const brightness = 0.7 + 0.3 * random();
    for (let pixel = 0; pixel < SIZE * SIZE; pixel++) {
      const ink = readGlyph(digit, pixel % SIZE - left, Math.floor(pixel / SIZE) - top);
      features[sample * SIZE * SIZE + pixel] = brightness * ink + noise * (2 * random() - 1);
    }
  }
  return { features, length: SIZE * SIZE, classes, classCount: GLYPHS.length };
}

/** The ink at a place between the dots, by bilinear interpolation. */
function readGlyph(digit: number, x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const right = x - column;
  const below = y - row;
  const dot = (line: number, place: number) => Number(GLYPHS[digit]?.[line]?.[place] ?? 0);
  return (1 - below) * ((1 - right) * dot(row, column) + right * dot(row, column + 1)) +
    below * ((1 - right) * dot(row + 1, column) + right * dot(row + 1, column + 1));
}
