import { ServiceError } from "../service_error.ts";
import { checkImage } from "./check_image.ts";
import { decodeCmykJpeg } from "./decode_cmyk_jpeg.ts";
import { type Orientation, readExifOrientation } from "./exif_orientation.ts";
import { flattenAlpha } from "./flatten_alpha.ts";
import type { ImageDecoders } from "./image_decoders.ts";
import type { ImageHeader } from "./image_header.ts";
import type { JpegFrame } from "./jpeg_header.ts";
import type { Pixels } from "./pixels.ts";

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
  const header = checkImage(bytes, { pixelsMax });
  const pixels = await decodePixels(bytes, header, decoders);
  if (pixels.width !== header.width || pixels.height !== header.height) {
    throw new ServiceError(
      "invalid_image",
      `Cannot decode image as it must have the size of its header, ${header.width} x ` +
        `${header.height}: it has ${pixels.width} x ${pixels.height}`,
    );
  }
  return { pixels, orientation: readExifOrientation(bytes, header.type) };
}

async function decodePixels(
  bytes: Uint8Array,
  header: ImageHeader,
  decoders: ImageDecoders,
): Promise<Pixels> {
  if (header.type === "jpeg") return await decodeJpeg(bytes, header, decoders);
  const pixels = await decoders.decode(header.type, bytes);
  flattenAlpha(pixels);
  return pixels;
}

async function decodeJpeg(
  bytes: Uint8Array,
  frame: JpegFrame,
  decoders: ImageDecoders,
): Promise<Pixels> {
  // What lies after the end was not counted, so a decoder does not get to see it.
  const picture = bytes.subarray(0, frame.end);
  return frame.componentCount === 4
    ? decodeCmykJpeg(picture, frame)
    : await decoders.decode("jpeg", picture);
}
