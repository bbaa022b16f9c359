import { assertEquals } from "@std/assert";
import { predictQuerySchema } from "../../routes/predict_schemas.ts";

Deno.test("predictQuerySchema reads the outputs that are asked for", () => {
  const plain = predictQuerySchema.parse({});
  assertEquals(plain, { fetches: ["scores"], output_mode: "last", return_state: false });
  const { fetches } = predictQuerySchema.parse({ fetches: "features,scores" });
  assertEquals(fetches, ["features", "scores"]);
  for (const wrong of ["", "conv1", "scores,", "scores,scores"]) {
    assertEquals(predictQuerySchema.safeParse({ fetches: wrong }).success, false, wrong);
  }
});
