/**
 * Every picture of the corpora beside the repository, sent over HTTP: broken and hostile files are
 * refused in the right way, good ones are answered, and no worker dies of them.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { readExifOrientation } from "../lib/images/exif_orientation.ts";
import { HAS_HUB, makeDataDir, pullModels, startServer } from "./server_process.ts";

const CORPORA = new URL("../../shared/corpora/", import.meta.url);
const MODEL = "mobilenet-v2";
/** What a picture that cannot be used is answered with; all of them are the sender's fault. */
const REFUSALS: Readonly<Record<string, number>> = {
  not_an_image: 415,
  invalid_image: 422,
  image_too_large: 413,
};

function listFiles(folder: URL): URL[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) =>
    entry.isDirectory
      ? listFiles(new URL(`${entry.name}/`, folder))
      : [new URL(encodeURIComponent(entry.name), folder)]
  ).sort((a, b) => a.href < b.href ? -1 : 1);
}

/**
 * From the upright column and row of a pixel to those in the file, for each EXIF orientation, after
 * the table of CIPA DC-008; `w` and `h` are the sides of the stored picture.
 */
const STORED_PLACE: readonly ((x: number, y: number, w: number, h: number) => [number, number])[] =
  [
    (x, y) => [x, y],
    (x, y) => [x, y],
    (x, y, w) => [w - 1 - x, y],
    (x, y, w, h) => [w - 1 - x, h - 1 - y],
    (x, y, _w, h) => [x, h - 1 - y],
    (x, y) => [y, x],
    (x, y, _w, h) => [y, h - 1 - x],
    (x, y, w, h) => [w - 1 - y, h - 1 - x],
    (x, y, w) => [w - 1 - y, x],
  ];

/** The upright picture as a PNG without EXIF, through decoders that the service does not use. */
function decodeUpright(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { data, width, height } = jpeg.decode(file, { formatAsRGBA: true });
  const orientation = readExifOrientation(file, "jpeg");
  const place = STORED_PLACE[orientation] ?? ((x: number, y: number) => [x, y]);
  const [uprightWidth, uprightHeight] = orientation >= 5 ? [height, width] : [width, height];
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  for (let y = 0; y < uprightHeight; y++) {
    for (let x = 0; x < uprightWidth; x++) {
      const [column, row] = place(x, y, width, height);
      to[y * uprightWidth + x] = from[row * width + column] ?? 0;
    }
  }
  const png = new PNG({ width: uprightWidth, height: uprightHeight });
  png.data.set(new Uint8Array(to.buffer));
  return new Uint8Array(PNG.sync.write(png, { deflateLevel: 1, filterType: 0 }));
}

Deno.test({
  name: "the service answers every file of the corpora with 200 or the right refusal",
  ignore: !HAS_HUB,
  async fn(context) {
    await using dataDir = await makeDataDir();
    await pullModels(dataDir.path, [MODEL]);
    await using server = await startServer(dataDir.path, { WORKERS: "2", LOG_LEVEL: "warning" });

    async function classify(body: Uint8Array<ArrayBuffer>) {
      const response = await fetch(`${server.url}/v1/models/${MODEL}:classify?top_k=1`, {
        method: "POST",
        body,
      });
      return { status: response.status, ...await response.json() };
    }

    for (const folder of ["pngsuite", "exif", "bad", "fuzz"]) {
      await context.step(folder, async () => {
        const files = listFiles(new URL(`${folder}/`, CORPORA));
        assert(files.length > 0);
        for (const file of files) {
          const { status, code } = await classify(Deno.readFileSync(file));
          const isRight = status === 200 || (code in REFUSALS && REFUSALS[code] === status);
          assert(isRight, `${file.pathname}: ${status} ${code}`);
        }
      });
    }

    await context.step("broken PngSuite files are refused, the others answered", async () => {
      for (const file of listFiles(new URL("pngsuite/", CORPORA))) {
        const name = file.pathname.split("/").at(-1) ?? "";
        if (!name.endsWith(".png")) continue;
        const { status } = await classify(Deno.readFileSync(file));
        assertEquals(status === 200, !name.startsWith("x"), name);
      }
    });

    await context.step(
      "EXIF orientations are applied: upright pixels have the same top-1",
      async () => {
        for (const file of listFiles(new URL("exif/", CORPORA))) {
          const turned = await classify(Deno.readFileSync(file));
          const upright = await classify(decodeUpright(Deno.readFileSync(file)));
          assertEquals(turned.predictions[0].label, upright.predictions[0].label, file.pathname);
        }
      },
    );

    await context.step("every EXIF orientation of one scene has the same top-1", async () => {
      const labels = new Map<string, string[]>();
      for (const file of listFiles(new URL("exif/", CORPORA))) {
        const [, scene = ""] = /([A-Za-z]+)_\d\.jpg$/.exec(file.pathname) ?? [];
        const { predictions } = await classify(Deno.readFileSync(file));
        labels.set(scene, [...labels.get(scene) ?? [], predictions[0].label]);
      }
      assertEquals(new Set(labels.get("Portrait")).size, 1);
      // The files were compressed one by one, and the pixels of Landscape_1 differ enough from the
      // others' for another label, which PyTorch over Pillow gives too (evaluate_photos.py).
      const landscape = labels.get("Landscape") ?? [];
      assertEquals(new Set(landscape.toSpliced(1, 1)).size, 1, landscape.join());
    });

    await context.step("no worker was lost", async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      assertStringIncludes(metrics, "lastlayer_workers_replaced_total 0");
      assertStringIncludes(metrics, "lastlayer_workers_live 2");
    });
  },
});
