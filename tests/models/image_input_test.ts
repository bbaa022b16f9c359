import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type ImageInput, imageToTensor } from "../../models/image_input.ts";
import { startTestBackend } from "./formats/test_backend.ts";

await startTestBackend();

const PIXELS = {
  width: 2,
  height: 1,
  data: Uint8ClampedArray.of(0, 51, 255, 255, 10, 20, 30, 255),
};
const INPUT: ImageInput = {
  width: 2,
  height: 1,
  channels: 3,
  scale: 1 / 127.5,
  offset: -1,
  fit: "crop",
  cropFraction: 1,
};

function read(input: ImageInput): { shape: number[]; values: number[] } {
  const tensor = imageToTensor(PIXELS, input);
  const values = [...tensor.dataSync()];
  const { shape } = tensor;
  tensor.dispose();
  return { shape, values };
}

Deno.test("imageToTensor() scales the channels in the order of the rows", () => {
  const { shape, values } = read({ ...INPUT, scale: 2, offset: 1 });
  assertEquals(shape, [1, 1, 2, 3]);
  assertEquals(values, [1, 103, 511, 21, 41, 61]);
});

Deno.test("imageToTensor() maps 0 and 255 onto -1 and 1", () => {
  const { values } = read(INPUT);
  assertAlmostEquals(values[0] ?? NaN, -1, 1e-6);
  assertAlmostEquals(values[2] ?? NaN, 1, 1e-6);
});

Deno.test("imageToTensor() makes luminance for one channel", () => {
  const { shape, values } = read({ ...INPUT, channels: 1, scale: 1, offset: 0 });
  assertEquals(shape, [1, 1, 2, 1]);
  assertAlmostEquals(values[0] ?? NaN, 0.587 * 51 + 0.114 * 255, 1e-4);
  assertAlmostEquals(values[1] ?? NaN, 0.299 * 10 + 0.587 * 20 + 0.114 * 30, 1e-4);
});

Deno.test("imageToTensor() throws for a picture of another size", () => {
  assertThrows(
    () => imageToTensor(PIXELS, { ...INPUT, width: 3 }),
    TypeError,
    "current size is 2 x 1",
  );
});

Deno.test("imageToTensor() makes luminance with the weights that the input names", () => {
  const luminance = [0.5, 0.25, 0.125] as const;
  const { values } = read({ ...INPUT, channels: 1, scale: 1, offset: 0, luminance });
  assertEquals(values, [51 / 4 + 255 / 8, 5 + 5 + 30 / 8]);
});
