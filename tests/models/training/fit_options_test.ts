import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import {
  DEFAULT_FIT_OPTIONS,
  type FitOptions,
  resolveFitOptions,
} from "../../../models/training/fit_options.ts";

Deno.test("resolveFitOptions() fills in the defaults", () => {
  assertEquals(resolveFitOptions({}), DEFAULT_FIT_OPTIONS);
  assertEquals(resolveFitOptions({ l2: 1 }), { ...DEFAULT_FIT_OPTIONS, l2: 1 });
});

Deno.test("resolveFitOptions() takes the ends of the ranges", () => {
  const ends: Partial<FitOptions>[] = [
    { hidden: [1, 2048, 7], optimizer: "adam", dropout: 0.99 },
    { epochs: 10_000, batchSize: 4096, momentum: 0, l2: 0 },
    { epochs: 1, batchSize: 1, validationSplit: 0, seed: 2 ** 32 - 1 },
  ];
  for (const options of ends) {
    assertEquals(resolveFitOptions(options), { ...DEFAULT_FIT_OPTIONS, ...options });
  }
});

Deno.test("resolveFitOptions() refuses what is out of range by its name on the wire", () => {
  const wrong: [Partial<FitOptions>, string][] = [
    [
      { hidden: [0] },
      "hidden must be at most 3 whole numbers from 1 to 2048: current value is [0]",
    ],
    [{ hidden: [1, 1, 1, 1] }, "hidden"],
    [{ optimizer: "rmsprop" as "sgd" }, "optimizer must be one of lbfgs, sgd, adam"],
    [{ dropout: 1, optimizer: "sgd" }, "dropout must be in [0, 1)"],
    [{ dropout: 0.5 }, "dropout must be 0 with lbfgs"],
    [{ epochs: 1.5 }, "epochs"],
    [{ batchSize: 0 }, "batch_size"],
    [{ learningRate: 0 }, "learning_rate must be > 0: current value is 0"],
    [{ learningRate: Infinity }, "learning_rate"],
    [{ momentum: 1 }, "momentum"],
    [{ l2: NaN }, "l2 must be >= 0: current value is NaN"],
    [{ classWeight: "even" as "none" }, "class_weight"],
    [{ validationSplit: 1 }, "validation_split"],
    [{ patience: -1 }, "patience"],
    [{ patience: 5, validationSplit: 0 }, "patience must be 0 without validation_split"],
    [{ seed: 2 ** 32 }, "seed"],
  ];
  for (const [options, message] of wrong) {
    const error = assertThrows(() => resolveFitOptions(options), ServiceError, message);
    assertEquals(error.code, "invalid_value");
  }
});
