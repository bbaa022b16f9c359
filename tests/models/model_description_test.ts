import { assertEquals } from "@std/assert";
import { listVerbs } from "../../models/model_description.ts";

Deno.test("listVerbs() adds what a model that classifies can do as well", () => {
  assertEquals(listVerbs({ verbs: ["classify", "embed"] }), ["classify", "predict", "embed"]);
  assertEquals(listVerbs({ verbs: ["classify", "predict"] }), ["classify", "predict"]);
  assertEquals(listVerbs({ verbs: ["generate"] }), ["generate"]);
});
