import { assertEquals } from "@std/assert";
import { toCamelKeys, toSnakeKeys } from "../../lib/rename_keys.ts";

Deno.test("toSnakeKeys() names keys at every depth, and leaves values alone", () => {
  const named = { batchSize: 2, layers: [{ outputDim: 3, type: "aB" }], none: null, hidden: [1] };
  const wire = { batch_size: 2, layers: [{ output_dim: 3, type: "aB" }], none: null, hidden: [1] };
  assertEquals(toSnakeKeys(named), wire);
  assertEquals(toCamelKeys(wire), named);
});

Deno.test("toSnakeKeys() leaves out what is undefined", () => {
  assertEquals(toSnakeKeys({ learningRate: undefined, a: 1 }), { a: 1 });
  assertEquals(toSnakeKeys({ validationSplit: 0.2, learningRate: undefined }), {
    validation_split: 0.2,
  });
  assertEquals(toSnakeKeys(3), 3);
});
