/**
 * Our own way to run a recurrent model that ships, for `shipped_bench.ts`. Arguments: its name, the
 * input as JSON: rows of a series or tokens. A model that generates draws as many tokens as it reads.
 */
import * as tf from "@tensorflow/tfjs-core";
import { runGenerationLine } from "../../models/generation_line.ts";
import { registerRecurrentKernels } from "../../models/kernels/recurrent_kernels.ts";
import { loadRecurrentModule } from "../../models/kernels/recurrent_module.ts";
import { loadNetwork } from "../../models/load_network.ts";
import { createShippedSource } from "../../models/shipped/shipped_source.ts";
import { initWasmBackend } from "../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../models/wasm_simd.ts";
import { serveContestant } from "./serve_contestant.mjs";
import { serveModel } from "./serve_model.ts";

const [name = "", json = ""] = Deno.args;
await initWasmBackend(await loadTfjsWasmModule());
registerRecurrentKernels(await loadRecurrentModule());
const source = await createShippedSource(new URL("../../weights/", import.meta.url).pathname);
const known = await source.find(name);
if (!known) throw new Error(`No model ${name} ships`);
const network = await loadNetwork((await source.read(known)).backbone);
const input: number[] | number[][] = JSON.parse(json);
if (network.role === "generator") {
  const { model } = network;
  const tokens = Int32Array.from(input as number[]);
  const piece = {
    tokens: tokens.slice(0, 1),
    state: undefined,
    count: tokens.length,
    temperature: 0,
    topK: 0,
    random: new Uint32Array(4),
    logprobs: undefined,
  };
  await serveContestant(() => {
    const { answer } = runGenerationLine(model, [piece]);
    return Promise.resolve(Float32Array.from(answer.texts[0]?.tokens ?? []));
  });
} else if (network.role === "classifier") {
  const { model } = network;
  const isSeries = Array.isArray(input[0]);
  const tensor = isSeries
    ? tf.tensor3d([input as number[][]])
    : tf.tensor2d([input as number[]], undefined, "int32");
  await serveModel(model, tensor);
}
