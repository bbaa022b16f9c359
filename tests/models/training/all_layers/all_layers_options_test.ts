import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import {
  type AllLayersOptions,
  DEFAULT_ALL_LAYERS_OPTIONS,
  resolveAllLayersOptions,
} from "../../../../models/training/all_layers/all_layers_options.ts";

Deno.test("resolveAllLayersOptions() fills in the defaults", () => {
  assertEquals(resolveAllLayersOptions({}), DEFAULT_ALL_LAYERS_OPTIONS);
  assertEquals(resolveAllLayersOptions({ epochs: 3 }).epochs, 3);
  assertEquals(resolveAllLayersOptions({ validationSplit: 0 }).patience, 0);
});

Deno.test("resolveAllLayersOptions() names the option out of range as the wire does", () => {
  const cases: [Partial<AllLayersOptions>, string][] = [
    [{ epochs: 0 }, "epochs"],
    [{ epochs: 1_001 }, "epochs"],
    [{ batchSize: 1.5 }, "batch_size"],
    [{ learningRate: 0 }, "learning_rate"],
    [{ clipNorm: Infinity }, "clip_norm"],
    [{ dropout: 1 }, "dropout"],
    [{ validationSplit: -0.1 }, "validation_split"],
    [{ validationSplit: 0, patience: 2 }, "patience"],
    [{ seed: -1 }, "seed"],
    [{ layers: [{ type: "gru", units: 0 }] }, "layers"],
    [{ layers: [{ type: "embedding", outputDim: 1_025 }] }, "layers"],
    [{ layers: Array(9).fill({ type: "lstm", units: 1 }) }, "layers"],
  ];
  for (const [options, param] of cases) {
    const error = assertThrows(() => resolveAllLayersOptions(options), ServiceError);
    assertEquals([error.code, error.param], ["invalid_value", param]);
  }
});
