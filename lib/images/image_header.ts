import type { ImageType } from "./image_type.ts";
import { type JpegFrame, readJpegFrame } from "./jpeg_header.ts";
import { readPngSize } from "./png_chunks.ts";
import { readWebpSize } from "./webp_chunks.ts";

/**
 * What an encoded picture says of itself before any of it is decoded. The sides are in pixels and
 * as stored: EXIF orientation is not applied.
 */
export type ImageHeader =
  | { type: "jpeg" } & JpegFrame
  | { type: "png" | "webp"; width: number; height: number };

/**
 * Reads the header of an encoded picture; nothing is decoded. The time is bounded by the length of
 * the file, whatever its bytes.
 *
 * @param bytes The encoded picture.
 * @param type Its format, from `detectImageType`.
 * @throws {ServiceError} `invalid_image` when the header is broken, truncated or zero sized.
 */
export function readImageHeader(bytes: Uint8Array, type: ImageType): ImageHeader {
  switch (type) {
    case "jpeg":
      return { type, ...readJpegFrame(bytes) };
    case "png":
      return { type, ...readPngSize(bytes) };
    case "webp":
      return { type, ...readWebpSize(bytes) };
  }
}
