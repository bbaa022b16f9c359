import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { softmax } from "../../lib/softmax.ts";
import { pickOutputs } from "../../models/pick_outputs.ts";

const LOGITS = Float32Array.of(1, 2, -1, 0.5);
const FEATURES = Float32Array.of(1, 2, 3, 4, 5, 6);
const OPTIONS = { classCount: 2, activation: "softmax" } as const;

Deno.test("pickOutputs() gives what is asked for, scores row by row", () => {
  const given = { logits: LOGITS, features: FEATURES };
  const fetches = ["scores", "features", "logits"] as const;
  const { scores, logits, features } = pickOutputs(given, { ...OPTIONS, fetches });
  assertEquals([logits, features], [LOGITS, FEATURES]);
  const rows = [LOGITS.slice(0, 2), LOGITS.slice(2)].flatMap((row) => [...softmax(row)]);
  assertEquals([...scores ?? []], rows);
  assertEquals(Object.keys(pickOutputs(given, { ...OPTIONS, fetches: ["logits"] })), ["logits"]);
});

Deno.test("pickOutputs() looks at no output that is not asked for, and refuses NaN", () => {
  const given = { logits: LOGITS, features: Float32Array.of(NaN) };
  assertEquals(pickOutputs(given, { ...OPTIONS, fetches: ["logits"] }), { logits: LOGITS });
  const pick = () => pickOutputs(given, { ...OPTIONS, fetches: ["features"] });
  assertEquals(assertThrows(pick, ServiceError).code, "non_finite_output");
});
