import jpeg from "jpeg-js";
import { ServiceError } from "../service_error.ts";
import type { JpegFrame } from "./jpeg_header.ts";
import type { Pixels } from "./pixels.ts";

/**
 * The largest CMYK picture that is decoded, in pixels. Such pictures take a decoder in JavaScript,
 * which needs about 0.25 s and 60 MB for each megapixel.
 */
export const CMYK_PIXELS_MAX = 8_000_000;

const MEMORY_MEGABYTES_MAX = 512;

// APP14 of 14 bytes: "Adobe", version 100, no flags, transform 0: the four components as they are.
// deno-fmt-ignore
const ADOBE_SEGMENT = [
  0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0,
];

/**
 * Decodes a JPEG file of four components, CMYK or YCCK, which mozjpeg does not turn into RGB. The
 * inks are taken as inverted, as Adobe writes them and everybody reads them.
 *
 * @param bytes The encoded picture.
 * @param frame Its header, of four components.
 * @throws {ServiceError} `image_too_large` above {@linkcode CMYK_PIXELS_MAX} pixels, or
 * `invalid_image` with the decoder's reason.
 */
export function decodeCmykJpeg(bytes: Uint8Array, frame: JpegFrame): Pixels {
  const pixelCount = frame.width * frame.height;
  if (pixelCount > CMYK_PIXELS_MAX) {
    throw new ServiceError(
      "image_too_large",
      `Cannot decode image as a CMYK JPEG must have at most ${CMYK_PIXELS_MAX} pixels: ` +
        `it has ${frame.width} x ${frame.height}`,
    );
  }
  try {
    const { width, height, data } = jpeg.decode(
      frame.hasAdobeSegment ? bytes : addAdobeSegment(bytes),
      {
        useTArray: true,
        tolerantDecoding: false,
        maxResolutionInMP: CMYK_PIXELS_MAX / 1e6,
        maxMemoryUsageInMB: MEMORY_MEGABYTES_MAX,
      },
    );
    return { width, height, data: new Uint8ClampedArray(data.buffer as ArrayBuffer) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceError(
      "invalid_image",
      `Cannot decode image as its CMYK JPEG data must be whole and valid: ${reason}`,
      { cause },
    );
  }
}

/** The decoder wants to be told of the colour transform, which old files leave out. */
function addAdobeSegment(bytes: Uint8Array): Uint8Array {
  const extended = new Uint8Array(bytes.length + ADOBE_SEGMENT.length);
  extended.set(bytes.subarray(0, 2));
  extended.set(ADOBE_SEGMENT, 2);
  extended.set(bytes.subarray(2), 2 + ADOBE_SEGMENT.length);
  return extended;
}
