import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { loadRecurrentModule } from "../../../models/kernels/recurrent_module.ts";
import { recurrentModule } from "../../../models/kernels/simd_module.js";
import { packRecurrentWeights, runRecurrent } from "../../../models/kernels/run_recurrent.ts";
import { hasRelaxedSimd } from "../../../models/wasm_simd.ts";
import { largestDifference } from "../formats/test_backend.ts";
import {
  DIFFERENCE_MAX,
  makeValues,
  makeWeights,
  runStockLayer,
  startRecurrentBackend,
  STOCK_CELLS,
} from "./recurrent_cases.ts";

Deno.test({
  name: "loadRecurrentModule() takes the relaxed build where the engine can run it",
  ignore: !hasRelaxedSimd(),
  async fn() {
    const module = await loadRecurrentModule();
    assert(module !== recurrentModule);
    assertEquals(WebAssembly.Module.exports(module), WebAssembly.Module.exports(recurrentModule));
  },
});

Deno.test("the kernels bring no memory, no data and no start function of their own", async () => {
  const kinds = (module: WebAssembly.Module) => ({
    imports: WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`),
    exports: [...new Set(WebAssembly.Module.exports(module).map(({ kind }) => kind))],
  });
  const expected = { imports: ["env.memory"], exports: ["function"] };
  assertEquals(kinds(recurrentModule), expected);
  assertEquals(kinds(await loadRecurrentModule()), expected);
});

Deno.test("the build without relaxed SIMD gives the same results", async () => {
  await startRecurrentBackend(recurrentModule);
  for (const cell of STOCK_CELLS) {
    for (
      const sizes of [
        { batch: 1, steps: 60, inputs: 6, units: 64 },
        { batch: 6, steps: 9, inputs: 3, units: 13 },
      ]
    ) {
      tf.tidy(() => {
        const weights = makeWeights(cell, sizes);
        const x = makeValues([sizes.batch, sizes.steps, sizes.inputs], 4);
        const [expected = []] = runStockLayer(cell, x, { weights, units: sizes.units });
        const { outputs } = runRecurrent(x, packRecurrentWeights(cell, weights), {
          returnSequences: true,
        });
        const difference = largestDifference(outputs?.dataSync() ?? [], expected);
        assertLessOrEqual(difference, DIFFERENCE_MAX, cell);
      });
    }
  }
});
