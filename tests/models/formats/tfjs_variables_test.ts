import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { disposeVariables, variableNames } from "../../../models/formats/tfjs_variables.ts";
import { startTestBackend } from "./test_backend.ts";

Deno.test("disposeVariables() frees variables by name and accepts names that are gone", async () => {
  await startTestBackend();
  assertEquals(variableNames(), []);
  const variable = tf.variable(tf.scalar(1), true, "weight");
  assertEquals(variableNames(), ["weight"]);
  disposeVariables(["weight", "another"]);
  assertEquals([variable.isDisposed, variableNames()], [true, []]);
});
