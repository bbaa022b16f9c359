import { ServiceError } from "../service_error.ts";
import { describeUnknownImage } from "./describe_unknown_image.ts";
import { type ImageHeader, readImageHeader } from "./image_header.ts";
import { detectImageType } from "./image_type.ts";
import type { JpegFrame } from "./jpeg_header.ts";
import { checkPngChunks } from "./png_chunks.ts";
import { isAnimatedWebp } from "./webp_chunks.ts";

/** The limits of {@linkcode checkImage}. */
export interface CheckImageOptions {
  /** The largest width times height. */
  pixelsMax: number;
}

/** The longest side that is decoded, which is also the longest that JPEG can have. */
export const IMAGE_SIDE_MAX = 65_535;

// Photos have about ten; thousands of tiny ones make a small file take minutes.
const JPEG_SCANS_MAX = 100;

/**
 * Checks all of an encoded picture that can be checked without decoding it, which takes about a
 * hundredth of the time: its format, its size, and that the file is whole.
 *
 * @param bytes The encoded picture; its format is found from the bytes.
 * @returns What its header says.
 * @throws {ServiceError} `not_an_image` when the format is unknown, `image_too_large` when the
 * header gives more than `pixelsMax` pixels, `invalid_image` when the file is broken, truncated or
 * an animated WebP.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkImage } from "./check_image.ts";
 *
 * assertThrows(() => checkImage(new Uint8Array(9), { pixelsMax: 1_000_000 }));
 * ```
 */
export function checkImage(bytes: Uint8Array, { pixelsMax }: CheckImageOptions): ImageHeader {
  const type = detectImageType(bytes);
  if (type === undefined) {
    throw new ServiceError(
      "not_an_image",
      `Cannot decode image as it must be JPEG, PNG or WebP: ${describeUnknownImage(bytes)}`,
    );
  }
  const header = readImageHeader(bytes, type);
  checkSize(header, pixelsMax);
  if (header.type === "jpeg") checkJpeg(bytes, header);
  if (header.type === "png") checkPngChunks(bytes);
  if (header.type === "webp" && isAnimatedWebp(bytes)) {
    throw new ServiceError("invalid_image", "Cannot decode image as a WebP must not be animated");
  }
  return header;
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

function checkJpeg(bytes: Uint8Array, { scanCount, end }: JpegFrame): void {
  if (scanCount > JPEG_SCANS_MAX) {
    throw new ServiceError(
      "invalid_image",
      `Cannot decode image as a JPEG must have at most ${JPEG_SCANS_MAX} scans: it has ${scanCount}`,
    );
  }
  if (bytes[end - 2] !== 0xff || bytes[end - 1] !== 0xd9) {
    throw new ServiceError(
      "invalid_image",
      "Cannot decode image as its JPEG data must be whole: it is truncated",
    );
  }
}
