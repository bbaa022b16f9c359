/**
 * The image line by itself: decoding and resizing, in milliseconds.
 *
 *     deno bench --allow-read --allow-env bench/image_bench.ts
 */
import encodeJpeg, { init as startJpegEncoder } from "@jsquash/jpeg/encode.js";
import encodePng, { init as startPngEncoder } from "@jsquash/png/encode.js";
import encodeWebp, { init as startWebpEncoder } from "@jsquash/webp/encode.js";
import { decodeImage } from "../lib/images/decode_image.ts";
import { createImageDecoders } from "../lib/images/image_decoders.ts";
import { releasePixels } from "../lib/images/pixels.ts";
import { resizeImage } from "../lib/images/resize_image.ts";
import { decoderModules } from "../lib/images/wasm_decoders.js";
import { jpegEncoder, webpEncoder } from "./wasm_encoders.js";

const PIXELS_MAX = 20_000_000;
const TARGET = { width: 224, height: 224, cropFraction: 0.875 };
const SIZES = [
  { label: "640x480", width: 640, height: 480, n: 30 },
  { label: "12 MP", width: 4_000, height: 3_000, n: 5 },
];

/** Waves with noise, which compress about as a photo does. */
function drawPhoto(width: number, height: number): ImageData {
  const data = new Uint8ClampedArray(width * height * 4);
  let random = 1;
  for (let i = 0; i < data.length; i += 4) {
    const x = (i / 4) % width;
    const y = Math.floor(i / 4 / width);
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0;
    const noise = (random >> 24) / 8;
    data[i] = 128 + 100 * Math.sin(x / 37) + 20 * Math.cos(y / 11) + noise;
    data[i + 1] = 128 + 90 * Math.sin((x + y) / 53) + noise;
    data[i + 2] = 128 + 100 * Math.cos(y / 29 + x / 91) + noise;
    data[i + 3] = 255;
  }
  return new ImageData(data, width, height);
}

async function encodePhoto(photo: ImageData): Promise<Record<string, Uint8Array>> {
  const encoded = {
    "JPEG": await encodeJpeg(photo, { quality: 85, progressive: false }),
    "progressive JPEG": await encodeJpeg(photo, { quality: 85, progressive: true }),
    "PNG": await encodePng(photo),
    "WebP": await encodeWebp(photo, { quality: 80, method: 2 }),
  };
  const entries = Object.entries(encoded);
  return Object.fromEntries(entries.map(([format, buffer]) => [format, new Uint8Array(buffer)]));
}

await startJpegEncoder(jpegEncoder);
await startPngEncoder(decoderModules.png);
await startWebpEncoder(webpEncoder);
const decoders = createImageDecoders(decoderModules);

for (const { label, width, height, n } of SIZES) {
  const photo = drawPhoto(width, height);
  const encoded = await encodePhoto(photo);
  for (const [format, bytes] of Object.entries(encoded)) {
    Deno.bench({ name: `decode ${label} ${format}`, group: `decode ${label}`, n }, async () => {
      const { pixels } = await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX });
      releasePixels(pixels);
    });
  }
  const pixels = { width, height, data: photo.data as Uint8ClampedArray<ArrayBuffer> };
  for (const fit of ["crop", "stretch"] as const) {
    Deno.bench({ name: `${fit} ${label} to 224x224`, group: `resize ${label}`, n }, () => {
      resizeImage(pixels, { ...TARGET, fit });
    });
  }
  const bytes = encoded["JPEG"] ?? new Uint8Array();
  Deno.bench({ name: `load ${label} JPEG`, group: `load ${label}`, n }, async () => {
    const { pixels, orientation } = await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX });
    resizeImage(pixels, { ...TARGET, fit: "crop", orientation });
    releasePixels(pixels);
  });
}
