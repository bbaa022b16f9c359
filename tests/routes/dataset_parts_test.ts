import { assertEquals } from "@std/assert";
import { z } from "zod";
import { datasetResponses, describeAnswer } from "../../routes/dataset_parts.ts";
import { errorSchema } from "../../routes/schemas.ts";

Deno.test("datasetResponses() describes the answers that are asked for", () => {
  const [first, second] = Object.entries(datasetResponses(404, 409));
  assertEquals(first, ["404", describeAnswer("No such dataset or sample", errorSchema)]);
  assertEquals(second?.[0], "409");
});

Deno.test("describeAnswer() is an answer in JSON", () => {
  const schema = z.object({});
  assertEquals(describeAnswer("A thing", schema), {
    description: "A thing",
    content: { "application/json": { schema } },
  });
});
