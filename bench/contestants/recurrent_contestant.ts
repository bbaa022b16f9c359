/**
 * One recurrent layer on TensorFlow.js, for `rnn_bench.ts`. Arguments: the case as JSON, `fused` or
 * `stock`. The input is uploaded and the outputs are read within the time that is measured.
 */
import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import { RECURRENT_CELLS } from "../../models/kernels/recurrent_cells.ts";
import { registerRecurrentKernels } from "../../models/kernels/recurrent_kernels.ts";
import { loadRecurrentModule } from "../../models/kernels/recurrent_module.ts";
import { packRecurrentWeights, runRecurrent } from "../../models/kernels/run_recurrent.ts";
import { initWasmBackend } from "../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../models/wasm_simd.ts";
import { makeCaseInput, makeCaseWeights, type RecurrentCase } from "../recurrent_case.ts";
import { serveContestant } from "./serve_contestant.mjs";

const [json = "", style = ""] = Deno.args;
const layer: RecurrentCase = JSON.parse(json);
const { batch, steps, inputs, units } = layer;
await initWasmBackend(await loadTfjsWasmModule());
const columns = RECURRENT_CELLS[layer.cell].gates * units;
const values = makeCaseWeights(layer);
const weights = {
  kernel: tf.tensor2d(values.kernel, [inputs, columns]),
  recurrentKernel: tf.tensor2d(values.recurrentKernel, [units, columns]),
  bias: tf.tensor1d(values.bias),
};
const run = style === "fused" ? await prepareFused() : prepareStock();
const input = makeCaseInput(layer);
await serveContestant(() => {
  const outputs = tf.tidy(() => run(tf.tensor3d(input, [batch, steps, inputs])));
  // Not inside of tf.tidy(), which looks for tensors in all that it returns, value by value.
  const values = outputs.dataSync() as Float32Array;
  outputs.dispose();
  return Promise.resolve(values);
});

async function prepareFused(): Promise<(x: tf.Tensor) => tf.Tensor> {
  registerRecurrentKernels(await loadRecurrentModule());
  const packed = packRecurrentWeights(layer.cell, weights);
  return (x) => runRecurrent(x, packed, { returnSequences: true }).outputs as tf.Tensor;
}

function prepareStock(): (x: tf.Tensor) => tf.Tensor {
  const create = { SimpleRNN: layers.simpleRNN, LSTM: layers.lstm, GRU: layers.gru };
  if (layer.cell === "GRUResetAfter") throw new RangeError("TensorFlow.js has no such layer");
  const stock = create[layer.cell]({
    units,
    returnSequences: true,
    recurrentActivation: "sigmoid",
    recurrentInitializer: "zeros",
  } as never);
  stock.build([null, null, inputs]);
  stock.setWeights(Object.values(weights));
  return (x) => stock.call(x, {}) as tf.Tensor;
}
