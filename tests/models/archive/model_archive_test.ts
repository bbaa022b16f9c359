import { assertAlmostEquals, assertEquals } from "@std/assert";
import { TEACHABLE_MACHINE_PREPROCESSING } from "../../../models/archive/model_archive.ts";
import { imageToTensor } from "../../../models/image_input.ts";
import { startTestBackend } from "../formats/test_backend.ts";

await startTestBackend();

const PIXELS = { width: 1, height: 1, data: Uint8ClampedArray.of(10, 127, 255, 255) };

/** `capture()` of Teachable Machine's library, written out: divide by 127, subtract 1. */
function capture(value: number): number {
  return value / 127 - 1;
}

for (const channels of [3, 1] as const) {
  Deno.test(`TEACHABLE_MACHINE_PREPROCESSING makes its input with ${channels} channels`, () => {
    const size = { width: 1, height: 1, channels };
    const tensor = imageToTensor(PIXELS, { ...size, ...TEACHABLE_MACHINE_PREPROCESSING });
    const expected = channels === 3
      ? [10, 127, 255].map(capture)
      : [capture(0.2989 * 10 + 0.587 * 127 + 0.114 * 255)];
    const values = [...tensor.dataSync()];
    tensor.dispose();
    assertEquals(values.length, expected.length);
    values.forEach((value, i) => assertAlmostEquals(value, expected[i] ?? NaN, 1e-6));
  });
}
