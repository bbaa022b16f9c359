/**
 * Greedy generation with `shakespeare-gru`, for `step_bench.ts`: each prediction feeds n sequences
 * one character. Arguments: n, `fused` (a step runner) or `stock` (the layers of TensorFlow.js).
 */
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { readTfjsFiles } from "../../models/formats/tfjs_files.ts";
import { readTokenNetwork } from "../../models/kernels/read_token_network.ts";
import { registerRecurrentKernels } from "../../models/kernels/recurrent_kernels.ts";
import { loadRecurrentModule } from "../../models/kernels/recurrent_module.ts";
import { StepRunner } from "../../models/kernels/step_runner.ts";
import { initWasmBackend } from "../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../models/wasm_simd.ts";
import { serveContestant } from "./serve_contestant.mjs";

const [count = "", style = ""] = Deno.args;
const n = Number(count);
await initWasmBackend(await loadTfjsWasmModule());
const model = await loadModel();
const step = style === "fused" ? await prepareFused(model) : prepareStock(model);
let tokens = Array.from({ length: n }, (_, sequence) => sequence);
await serveContestant(() => {
  const logits = step(tokens);
  const classCount = logits.length / n;
  tokens = tokens.map((_, sequence) => {
    const row = logits.subarray(sequence * classCount, (sequence + 1) * classCount);
    return row.indexOf(Math.max(...row));
  });
  return Promise.resolve(logits);
});

async function loadModel(): Promise<LayersModel> {
  const folder = new URL("../../weights/shakespeare-gru/", import.meta.url);
  const files = new Map(["model.json", "weights.bin"].map((name) => {
    return [name, Deno.readFileSync(new URL(name, folder))];
  }));
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  const artifacts = { modelTopology, weightSpecs, weightData };
  return await loadLayersModel({ load: () => Promise.resolve(artifacts) });
}

async function prepareFused(model: LayersModel): Promise<(tokens: number[]) => Float32Array> {
  registerRecurrentKernels(await loadRecurrentModule());
  const runner = new StepRunner(readTokenNetwork(model), { batchMax: n });
  const state = new Float32Array(runner.stateRows * n * runner.units);
  return (tokens) => runner.step(tokens, state);
}

function prepareStock(model: LayersModel): (tokens: number[]) => Float32Array {
  let state: tf.Tensor = tf.zeros([n, 384]);
  return (tokens) => {
    const input = tf.tensor2d(tokens, [n, 1], "int32");
    const [logits, next] = model.predictOnBatch([input, state]) as [tf.Tensor, tf.Tensor];
    tf.dispose([input, state]);
    state = next;
    const values = logits.dataSync() as Float32Array;
    logits.dispose();
    return values;
  };
}
