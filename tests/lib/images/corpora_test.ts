/**
 * Pictures that others collected: PngSuite against another decoder, photos in all EXIF orientations,
 * and files that broke other decoders. They lie beside the repository and are not part of it.
 */
import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { PNG } from "pngjs";
import { decodeImage } from "../../../lib/images/decode_image.ts";
import { flattenAlpha } from "../../../lib/images/flatten_alpha.ts";
import { createImageDecoders } from "../../../lib/images/image_decoders.ts";
import type { Pixels } from "../../../lib/images/pixels.ts";
import { resizeImage } from "../../../lib/images/resize_image.ts";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";
import { ServiceError } from "../../../lib/service_error.ts";
import {
  assertColor,
  getColor,
  getMeanDifference,
  QUADRANTS,
  readFixture,
} from "./fixture_pictures.ts";

const CORPORA = new URL("../../../../shared/corpora/", import.meta.url);
const PIXELS_MAX = 16_000_000;
const FILE_MS_MAX = 5_000;

const isThere = existsSync(CORPORA);
if (!isThere) {
  // deno-lint-ignore no-console -- a skipped test has no other way to say why.
  console.log(`Skipping the corpora tests as there is no folder ${CORPORA.pathname}`);
}
const decoders = createImageDecoders(decoderModules);

function existsSync(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch {
    return false;
  }
}

function readCorpus(folder: string): { name: string; bytes: Uint8Array }[] {
  const url = new URL(`${folder}/`, CORPORA);
  const names = [...Deno.readDirSync(url)].map(({ name }) => name).sort();
  return names.map((name) => ({ name, bytes: Deno.readFileSync(new URL(name, url)) }));
}

async function decode(bytes: Uint8Array): Promise<Pixels> {
  return (await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX })).pixels;
}

Deno.test({
  name: "decodeImage() gives the pixels of PngSuite and refuses its broken files",
  ignore: !isThere,
  async fn() {
    const files = readCorpus("pngsuite");
    assert(files.length >= 170);
    for (const { name, bytes } of files) {
      if (name.startsWith("x")) {
        const error = await assertRejects(() => decode(bytes), ServiceError, "Cannot");
        // In some it is the signature that is damaged.
        const isOther = /^x(s[1-7]|cr|lf)n/.test(name);
        assertEquals(error.code, isOther ? "not_an_image" : "invalid_image", name);
        continue;
      }
      const pixels = await decode(bytes);
      const { width, height, data } = PNG.sync.read(Buffer.from(bytes));
      const expected: Pixels = { width, height, data: Uint8ClampedArray.from(data as Uint8Array) };
      flattenAlpha(expected);
      assertEquals([pixels.width, pixels.height], [width, height], name);
      // pngjs rounds 16 bits to 8, the decoder cuts them, as a browser's does.
      const tolerance = name.slice(6, 8) === "16" ? 1 : 0;
      const isEqual = pixels.data.every((value, i) => {
        return Math.abs(value - (expected.data[i] ?? NaN)) <= tolerance;
      });
      assert(isEqual, `${name} differs from the reference`);
    }
  },
});

Deno.test({
  name: "resizeImage() gives one upright picture for all EXIF orientations",
  ignore: !isThere,
  async fn() {
    for (const shape of ["Landscape", "Portrait"]) {
      const files = readCorpus("exif").filter(({ name }) => name.startsWith(shape));
      assertEquals(files.length, 9);
      for (const fit of ["crop", "stretch"] as const) {
        const options = { width: 96, height: 96, fit, cropFraction: 0.875 };
        let first: Pixels | undefined;
        for (const { name, bytes } of files) {
          const decoded = await decodeImage(bytes, decoders, { pixelsMax: PIXELS_MAX });
          const { orientation } = decoded;
          const pixels = resizeImage(decoded.pixels, { ...options, orientation });
          first ??= pixels;
          const difference = getMeanDifference(pixels, first);
          assert(difference < 2, `${name} (${fit}) differs by ${difference}`);
        }
      }
    }
  },
});

for (const folder of ["bad", "fuzz/jpeg", "fuzz/png", "fuzz/webp"]) {
  Deno.test({
    name: `decodeImage() decodes or refuses every file of ${folder} and goes on well`,
    ignore: !isThere,
    async fn() {
      const good = ["baseline.jpg", "alpha.png", "lossy.webp"].map(readFixture);
      for (const { name, bytes } of readCorpus(folder)) {
        const start = performance.now();
        try {
          const { width, height, data } = await decode(bytes);
          assertEquals(data.length, width * height * 4, name);
        } catch (error) {
          assert(error instanceof ServiceError, `${name}: ${error}`);
          const codes = ["not_an_image", "image_too_large", "invalid_image"];
          assert(codes.includes(error.code), `${name}: ${error.code}`);
        }
        const duration = performance.now() - start;
        assert(duration < FILE_MS_MAX, `${name} took ${duration} ms`);
        for (const bytes of good) {
          const pixels = await decode(bytes);
          const { x, y, color } = QUADRANTS[0];
          assertColor(getColor(pixels, x, y), color, { tolerance: 5, message: `After ${name}` });
        }
      }
    },
  });
}
