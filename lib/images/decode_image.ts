import { ServiceError } from "../service_error.ts";
import { decodeCmykJpeg } from "./decode_cmyk_jpeg.ts";
import { describeUnknownImage } from "./describe_unknown_image.ts";
import { type Orientation, readExifOrientation } from "./exif_orientation.ts";
import { flattenAlpha } from "./flatten_alpha.ts";
import type { ImageDecoders } from "./image_decoders.ts";
import { type ImageHeader, readImageHeader } from "./image_header.ts";
import { detectImageType } from "./image_type.ts";
import type { JpegFrame } from "./jpeg_header.ts";
import type { Pixels } from "./pixels.ts";
import { checkPngChunks } from "./png_chunks.ts";
import { isAnimatedWebp } from "./webp_chunks.ts";

/** A decoded picture as it is stored. */
export interface DecodedImage {
  /** Opaque pixels; for orientations 5 to 8 they lie on their side. */
  pixels: Pixels;
  /** How to turn `pixels` upright; cheapest once they are small, so `resizeImage` takes it. */
  orientation: Orientation;
}

/** The limits of {@linkcode decodeImage}. */
export interface DecodeImageOptions {
  /** The largest width times height that is decoded. */
  pixelsMax: number;
}

/** The longest side that is decoded, which is also the longest that JPEG can have. */
export const IMAGE_SIDE_MAX = 65_535;

// Photos have about ten; thousands of tiny ones make a small file take minutes.
const JPEG_SCANS_MAX = 100;

/**
 * Decodes a JPEG, PNG or WebP file to opaque 8-bit RGBA. Transparency is laid over white, 16-bit
 * channels are cut to 8 bits, of an animated PNG the still picture is taken.
 *
 * @param bytes The encoded picture; its format is found from the bytes.
 * @param decoders The decoders of this thread, from `createImageDecoders`.
 * @throws {ServiceError} `not_an_image` when the format is unknown, `image_too_large` when the
 * header gives more than `pixelsMax` pixels (nothing is decoded then), `invalid_image` when the
 * file is broken, truncated or an animated WebP.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeImage } from "./decode_image.ts";
 * import { createImageDecoders } from "./image_decoders.ts";
 * import { decoderModules } from "./wasm_decoders.js";
 *
 * const decoders = createImageDecoders(decoderModules);
 * const error = await decodeImage(new Uint8Array(9), decoders, { pixelsMax: 1_000_000 })
 *   .catch((error) => error);
 * assertEquals(error.code, "not_an_image");
 * ```
 */
export async function decodeImage(
  bytes: Uint8Array,
  decoders: ImageDecoders,
  { pixelsMax }: DecodeImageOptions,
): Promise<DecodedImage> {
  const type = detectImageType(bytes);
  if (type === undefined) {
    throw new ServiceError(
      "not_an_image",
      `Cannot decode image as it must be JPEG, PNG or WebP: ${describeUnknownImage(bytes)}`,
    );
  }
  const header = readImageHeader(bytes, type);
  checkSize(header, pixelsMax);
  const pixels = await decodePixels(bytes, header, decoders);
  if (pixels.width !== header.width || pixels.height !== header.height) {
    throw new ServiceError(
      "invalid_image",
      `Cannot decode image as it must have the size of its header, ${header.width} x ` +
        `${header.height}: it has ${pixels.width} x ${pixels.height}`,
    );
  }
  return { pixels, orientation: readExifOrientation(bytes, type) };
}

function checkSize({ width, height }: ImageHeader, pixelsMax: number): void {
  if (width * height > pixelsMax) {
    throw new ServiceError(
      "image_too_large",
      `Cannot decode image as it must have at most ${pixelsMax} pixels: it has ${width} x ${height}`,
    );
  }
  if (Math.max(width, height) > IMAGE_SIDE_MAX) {
    throw new ServiceError(
      "image_too_large",
      `Cannot decode image as its sides must be <= ${IMAGE_SIDE_MAX}: it has ${width} x ${height}`,
    );
  }
}

async function decodePixels(
  bytes: Uint8Array,
  header: ImageHeader,
  decoders: ImageDecoders,
): Promise<Pixels> {
  if (header.type === "jpeg") return await decodeJpeg(bytes, header, decoders);
  if (header.type === "png") checkPngChunks(bytes);
  if (header.type === "webp" && isAnimatedWebp(bytes)) {
    throw new ServiceError("invalid_image", "Cannot decode image as a WebP must not be animated");
  }
  const pixels = await decoders.decode(header.type, bytes);
  flattenAlpha(pixels);
  return pixels;
}

async function decodeJpeg(
  bytes: Uint8Array,
  frame: JpegFrame,
  decoders: ImageDecoders,
): Promise<Pixels> {
  if (frame.scanCount > JPEG_SCANS_MAX) {
    throw new ServiceError(
      "invalid_image",
      `Cannot decode image as a JPEG must have at most ${JPEG_SCANS_MAX} scans: ` +
        `it has ${frame.scanCount}`,
    );
  }
  // What lies after the end was not counted, so a decoder does not get to see it.
  const picture = bytes.subarray(0, frame.end);
  return frame.componentCount === 4
    ? decodeCmykJpeg(picture, frame)
    : await decoders.decode("jpeg", picture);
}
