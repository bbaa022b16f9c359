import { assertEquals, assertThrows } from "@std/assert";
import type { ModelInput } from "../../../models/model_description.ts";
import { countSteps } from "../../../models/sequences/count_steps.ts";

const SERIES: ModelInput = { kind: "series", channels: 3, stepsMax: 9 };
const TEXT: ModelInput = {
  kind: "text",
  vocabulary: "ab",
  folding: "none",
  start: "",
  end: "",
  charactersMax: 9,
};

Deno.test("countSteps() counts rows of a series and characters of a text", () => {
  assertEquals(countSteps({ kind: "series", values: new Float32Array(12) }, SERIES), 4);
  assertEquals(countSteps({ kind: "text", text: "ab😀" }, TEXT), 3);
});

Deno.test("countSteps() refuses a piece of another kind than the model reads", () => {
  assertThrows(() => countSteps({ kind: "text", text: "a" }, SERIES), TypeError, "reads series");
  assertThrows(
    () => countSteps({ kind: "vector", values: new Float32Array(3) }, TEXT),
    TypeError,
    "found vector",
  );
});
