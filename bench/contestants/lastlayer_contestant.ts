/** Our own way to run a model, for `model_bench.ts`. Arguments: model file, input file. */
import { loadModel } from "../../models/formats/load_model.ts";
import { initWasmBackend } from "../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../models/wasm_simd.ts";
import { readInput } from "./read_input.ts";
import { serveModel } from "./serve_model.ts";

const [modelPath = "", inputPath = ""] = Deno.args;
await initWasmBackend(await loadTfjsWasmModule());
const files = new Map([["model.tflite", Deno.readFileSync(modelPath)]]);
const model = await loadModel({ format: "tflite", files });
const input = readInput(inputPath, model.inputShape);
await serveModel(model, input);
