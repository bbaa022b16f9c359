import { assertEquals, assertThrows } from "@std/assert";
import { encodeSeries } from "../../../lib/datasets/encode_values.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { readSampleInput } from "../../../models/training/sample_input.ts";
import { SERIES_MODEL, TEXT_MODEL } from "../../routes/test_app.ts";
import { TINY_INPUT } from "../tiny_model.ts";

Deno.test("readSampleInput() makes pictures, texts and series of bytes", () => {
  const bytes = Uint8Array.of(1, 2);
  assertEquals(readSampleInput(bytes, TINY_INPUT), { kind: "image", bytes });
  const text = new TextEncoder().encode("ñ");
  assertEquals(readSampleInput(text, TEXT_MODEL.input), { kind: "text", text: "ñ" });
  const series = readSampleInput(encodeSeries([[1, 2], [3, 4]]), SERIES_MODEL.input);
  assertEquals(series, { kind: "series", values: Float32Array.of(1, 2, 3, 4) } as never);
});

Deno.test("readSampleInput() refuses a series of another form than the model takes", () => {
  for (const rows of [[[1, 2, 3]], [[1]], Array(5).fill([1, 2])]) {
    const read = () => readSampleInput(encodeSeries(rows), SERIES_MODEL.input);
    assertEquals(assertThrows(read, ServiceError, "2 channels").code, "invalid_sample");
  }
});

Deno.test("readSampleInput() has no input to make of features", () => {
  const input = { kind: "vector", length: 1 } as const;
  assertThrows(() => readSampleInput(new Uint8Array(4), input), TypeError);
});
