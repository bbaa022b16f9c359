import type { ImageType } from "./image_type.ts";
import { hasPrefix, readJpegSegments } from "./jpeg_header.ts";
import { readPngChunks } from "./png_chunks.ts";
import { readWebpChunks } from "./webp_chunks.ts";

/**
 * How a stored picture has to be turned to stand upright, as EXIF numbers it: 1 as stored,
 * 2 mirrored left to right, 3 turned by 180 degrees, 4 mirrored top to bottom, 5 transposed,
 * 6 turned by 90 degrees clockwise, 7 transposed along the other diagonal, 8 turned by 270 degrees.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const EXIF_PREFIX = "Exif\0\0";
const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;
const TYPE_SHORT = 3;
const TYPE_LONG = 4;

/**
 * Reads the EXIF orientation of an encoded picture: APP1 of JPEG, `eXIf` of PNG, `EXIF` of WebP.
 * It never throws: a picture without EXIF, or with a broken one, is taken as upright.
 *
 * @param bytes The encoded picture.
 * @param type Its format, from `detectImageType`.
 */
export function readExifOrientation(bytes: Uint8Array, type: ImageType): Orientation {
  try {
    const exif = findExif(bytes, type);
    return (exif && parseOrientation(exif)) ?? 1;
  } catch {
    // A broken container or a tag that points outside of the data says nothing of the orientation.
    return 1;
  }
}

/** Finds the TIFF structure that EXIF data is. */
function findExif(bytes: Uint8Array, type: ImageType): Uint8Array | undefined {
  switch (type) {
    case "jpeg":
      for (const { marker, payload } of readJpegSegments(bytes)) {
        if (marker === 0xe1 && hasPrefix(payload, EXIF_PREFIX)) {
          return payload.subarray(EXIF_PREFIX.length);
        }
      }
      return undefined;
    case "png":
      for (const chunk of readPngChunks(bytes)) if (chunk.type === "eXIf") return chunk.data;
      return undefined;
    case "webp":
      for (const chunk of readWebpChunks(bytes)) {
        if (chunk.type !== "EXIF") continue;
        // Some writers keep the prefix that only JPEG wants.
        const isPrefixed = hasPrefix(chunk.data, EXIF_PREFIX);
        return isPrefixed ? chunk.data.subarray(EXIF_PREFIX.length) : chunk.data;
      }
      return undefined;
  }
}

/** Finds the orientation in the first directory of a TIFF structure; reads past its end throw. */
function parseOrientation(exif: Uint8Array): Orientation | undefined {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const isLittleEndian = hasPrefix(exif, "II");
  if (!isLittleEndian && !hasPrefix(exif, "MM")) return undefined;
  const directory = view.getUint32(4, isLittleEndian);
  const entryCount = view.getUint16(directory, isLittleEndian);
  for (let i = 0; i < entryCount; i++) {
    const entry = directory + 2 + i * ENTRY_BYTES;
    if (view.getUint16(entry, isLittleEndian) !== ORIENTATION_TAG) continue;
    const valueType = view.getUint16(entry + 2, isLittleEndian);
    if (valueType === TYPE_SHORT) return toOrientation(view.getUint16(entry + 8, isLittleEndian));
    if (valueType === TYPE_LONG) return toOrientation(view.getUint32(entry + 8, isLittleEndian));
    return undefined;
  }
  return undefined;
}

function toOrientation(value: number): Orientation | undefined {
  return value >= 1 && value <= 8 ? value as Orientation : undefined;
}
