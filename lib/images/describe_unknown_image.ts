const SHOWN_BYTES_MAX = 8;

/**
 * Says how a file begins that is no JPEG, PNG or WebP, for whoever sent it: its first bytes, and
 * what it probably is where that is well known.
 *
 * @param bytes The file.
 * @returns The end of a sentence: `it starts with 47 49 46 38 39 61 01 00 (GIF)`, or `it is empty`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { describeUnknownImage } from "./describe_unknown_image.ts";
 *
 * assertEquals(describeUnknownImage(Uint8Array.of(0, 1)), "it starts with 00 01");
 * assertEquals(describeUnknownImage(new Uint8Array()), "it is empty");
 * ```
 */
export function describeUnknownImage(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty";
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES_MAX), (byte) => {
    return byte.toString(16).padStart(2, "0");
  });
  const name = guessName(bytes);
  return `it starts with ${shown.join(" ")}` + (name === undefined ? "" : ` (${name})`);
}

function guessName(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  if (start.startsWith("GIF8")) return "GIF";
  // Two letters alone would be any text; the four reserved bytes are zero.
  if (/^BM.{4}\0{4}/s.test(start)) return "BMP";
  if (start.startsWith("II*\0") || start.startsWith("MM\0*")) return "TIFF";
  if (start.startsWith("%PDF-")) return "PDF";
  if (/^.{4}ftyp(avi|hei|hev|mif1|msf1)/s.test(start)) return "HEIC or AVIF";
  if (/^\s*<(svg|\?xml)/.test(start)) return "SVG or XML";
  return /^[\t\n\r -~]+$/.test(start) ? "text" : undefined;
}
