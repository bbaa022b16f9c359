import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { refuseDivergence } from "../../../models/training/refuse_divergence.ts";

Deno.test("refuseDivergence() passes what is finite, and losses that nobody knows", () => {
  refuseDivergence({ epoch: 1, losses: [] });
  refuseDivergence({ epoch: 1, losses: [3, undefined], weights: [Float32Array.of(1, -3e38)] });
});

Deno.test("refuseDivergence() says what is not finite, and which option helps", () => {
  const weights = [Float32Array.of(1), Float32Array.of(0, Infinity)];
  for (
    const [signs, message] of [
      [{ epoch: 2, losses: [1, NaN] }, "the loss must stay finite: it is NaN in epoch 2"],
      [{ epoch: 3, losses: [1], weights }, "the weights must stay finite: they do not in epoch 3"],
    ] as const
  ) {
    const error = assertThrows(() => refuseDivergence(signs), ServiceError, message);
    assertEquals([error.code, error.param], ["invalid_value", "learning_rate"]);
  }
});
