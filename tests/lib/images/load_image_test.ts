import { assert, assertEquals, assertRejects } from "@std/assert";
import { createImageDecoders } from "../../../lib/images/image_decoders.ts";
import { loadImage } from "../../../lib/images/load_image.ts";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";
import { ServiceError } from "../../../lib/service_error.ts";
import { assertColor, getColor, QUADRANTS, readFixture } from "./fixture_pictures.ts";

const decoders = createImageDecoders(decoderModules);
const LIMITS = { pixelsMax: 1_000_000 };

Deno.test("loadImage() gives upright pictures of the size asked for", async () => {
  for (
    const name of ["baseline.jpg", "orientation_6.jpg", "orientation_8.png", "orientation_3.webp"]
  ) {
    const options = { ...LIMITS, width: 122, height: 94, fit: "stretch" } as const;
    const pixels = await loadImage(readFixture(name), decoders, options);
    assertEquals([pixels.width, pixels.height], [122, 94]);
    for (const { x, y, color } of QUADRANTS) {
      assertColor(getColor(pixels, x * 2, y * 2), color, { tolerance: 5, message: name });
    }
  }
});

Deno.test("loadImage() crops the centre", async () => {
  const options = { ...LIMITS, width: 32, height: 32, fit: "crop", cropFraction: 0.5 } as const;
  const pixels = await loadImage(readFixture("orientation_6.jpg"), decoders, options);
  const corners = [[2, 2], [29, 2], [2, 29], [29, 29]];
  corners.forEach(([x = 0, y = 0], i) => {
    const { name = "", color = [] } = QUADRANTS[i] ?? {};
    assertColor(getColor(pixels, x, y), color, { tolerance: 12, message: name });
  });
});

Deno.test("loadImage() passes refusals on", async () => {
  const options = { pixelsMax: 10, width: 8, height: 8, fit: "crop" } as const;
  const error = await assertRejects(
    () => loadImage(readFixture("baseline.jpg"), decoders, options),
    ServiceError,
  );
  assertEquals(error.code, "image_too_large");
});

Deno.test("loadImage() does not grow the memory", async () => {
  // In a process of its own, as tests that run at the same time have memory too.
  const script = new URL("measure_load_image_memory.ts", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--no-check", "--allow-read", "--allow-env", script.pathname],
  }).output();
  const growth = Number.parseFloat(new TextDecoder().decode(stdout));
  assert(growth < 30, `Grew by ${growth} MB: ${new TextDecoder().decode(stderr)}`);
});
