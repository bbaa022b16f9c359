import { decodeImage, type DecodeImageOptions } from "./decode_image.ts";
import type { ImageDecoders } from "./image_decoders.ts";
import { type Pixels, releasePixels } from "./pixels.ts";
import { resizeImage, type ResizeImageOptions } from "./resize_image.ts";

/** What {@linkcode loadImage} accepts and makes. */
export type LoadImageOptions = DecodeImageOptions & Omit<ResizeImageOptions, "orientation">;

/**
 * The image line: an encoded picture in, a small upright picture out. The decoded picture lives
 * only in between.
 *
 * @param bytes The encoded picture; its format is found from the bytes.
 * @param decoders The decoders of this thread, from `createImageDecoders`.
 * @returns A new opaque picture of exactly `width` x `height`.
 * @throws {ServiceError} `not_an_image`, `image_too_large` or `invalid_image`, as `decodeImage`.
 * @throws {RangeError} For sizes that `resizeImage` refuses.
 */
export async function loadImage(
  bytes: Uint8Array,
  decoders: ImageDecoders,
  options: LoadImageOptions,
): Promise<Pixels> {
  const { pixels, orientation } = await decodeImage(bytes, decoders, options);
  const resized = resizeImage(pixels, { ...options, orientation });
  releasePixels(pixels);
  return resized;
}
