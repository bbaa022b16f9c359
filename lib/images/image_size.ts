import type { ImageType } from "./image_type.ts";
import { readJpegFrame } from "./jpeg_header.ts";
import { readPngSize } from "./png_chunks.ts";
import { readWebpSize } from "./webp_chunks.ts";

/** The sides of a picture in pixels, as stored: EXIF orientation is not applied. */
export interface ImageSize {
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
}

/**
 * Reads the size of an encoded picture from its header alone; nothing is decoded. The time is
 * bounded by the length of the file, whatever its bytes.
 *
 * @param bytes The encoded picture.
 * @param type Its format, from `detectImageType`.
 * @throws {ServiceError} `invalid_image` when the header is broken, truncated or zero sized.
 */
export function readImageSize(bytes: Uint8Array, type: ImageType): ImageSize {
  switch (type) {
    case "jpeg": {
      const { width, height } = readJpegFrame(bytes);
      return { width, height };
    }
    case "png":
      return readPngSize(bytes);
    case "webp":
      return readWebpSize(bytes);
  }
}
