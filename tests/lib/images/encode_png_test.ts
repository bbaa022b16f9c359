import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { encodePng } from "../../../lib/images/encode_png.ts";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";

Deno.test("encodePng() keeps every pixel, as another decoder reads it", async () => {
  for (const [width, height] of [[1, 1], [3, 2], [64, 64]] as const) {
    const data = new Uint8ClampedArray(width * height * 4).map((_, i) =>
      i % 4 === 3 ? 255 : i * 37
    );
    const bytes = await encodePng({ width, height, data }, decoderModules.png);
    assertEquals(bytes.buffer.byteLength, bytes.length);
    const png = PNG.sync.read(Buffer.from(bytes));
    assertEquals([png.width, png.height], [width, height]);
    assertEquals([...png.data], [...data]);
  }
});
