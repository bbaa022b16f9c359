import { assertEquals } from "@std/assert";
import {
  jsonBodySchema,
  jsonImageSchema,
  jsonSeriesSchema,
  jsonTextSchema,
} from "../../routes/input_schemas.ts";

Deno.test("jsonBodySchema() takes one input or several, of one kind", () => {
  const text = jsonBodySchema(jsonTextSchema);
  const accepts = (value: unknown) => text.safeParse(value).success;
  assertEquals([{ inputs: "a" }, { instances: ["a", ""] }].map(accepts), [true, true]);
  const wrong = [{}, { inputs: "a", instances: ["a"] }, { instances: [] }, { inputs: 1 }, []];
  assertEquals(wrong.map(accepts), wrong.map(() => false));
});

Deno.test("jsonBodySchema() knows the forms of pictures and series", () => {
  const image = jsonBodySchema(jsonImageSchema);
  assertEquals(image.safeParse({ inputs: { b64: "AA==" } }).success, true);
  assertEquals(image.safeParse({ inputs: [[1]] }).success, false);
  const series = jsonBodySchema(jsonSeriesSchema);
  assertEquals(series.safeParse({ inputs: [[1, 2]] }).success, true);
  assertEquals(series.safeParse({ inputs: "1,2" }).success, false);
});
