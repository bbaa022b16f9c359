/** The image formats the service reads. */
export type ImageType = "jpeg" | "png" | "webp";

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Finds the format of an encoded picture from its first bytes, never from what the sender claims.
 *
 * @param bytes The encoded picture.
 * @returns The format, or `undefined` when the bytes are none of them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { detectImageType } from "./image_type.ts";
 *
 * assertEquals(detectImageType(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), "jpeg");
 * assertEquals(detectImageType(new Uint8Array()), undefined);
 * ```
 */
export function detectImageType(bytes: Uint8Array): ImageType | undefined {
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return "jpeg";
  if (startsWith(bytes, PNG_SIGNATURE)) return "png";
  // "RIFF", four bytes of size, "WEBP".
  const isRiff = startsWith(bytes, [0x52, 0x49, 0x46, 0x46]);
  if (isRiff && startsWith(bytes.subarray(8), [0x57, 0x45, 0x42, 0x50])) return "webp";
  return undefined;
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}
