import encode, { init } from "@jsquash/png/encode.js";
import type { Pixels } from "./pixels.ts";

/**
 * Encodes a picture as an RGBA PNG.
 *
 * @param pixels at least 1 x 1
 * @param module the compiled module of `@jsquash/png`, which decodes and encodes
 */
export async function encodePng(
  pixels: Pixels,
  module: WebAssembly.Module,
): Promise<Uint8Array<ArrayBuffer>> {
  // The first call starts the encoder, which this thread then keeps.
  await init(module);
  // The encoder reads the three fields that `Pixels` has of an `ImageData`.
  return new Uint8Array(await encode(pixels as unknown as ImageData));
}
