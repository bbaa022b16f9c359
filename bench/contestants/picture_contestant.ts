/**
 * Our own way to run a picture model that ships, for `shipped_bench.ts`. Arguments: its name, input
 * file, and which network of an autoencoder.
 */
import { registerDepthToSpace } from "../../models/kernels/depth_to_space.ts";
import { loadNetwork } from "../../models/load_network.ts";
import { createShippedSource } from "../../models/shipped/shipped_source.ts";
import { initWasmBackend } from "../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../models/wasm_simd.ts";
import { readInput } from "./read_input.ts";
import { serveModel } from "./serve_model.ts";

const [name = "", inputPath = "", part = ""] = Deno.args;
await initWasmBackend(await loadTfjsWasmModule());
registerDepthToSpace();
const source = await createShippedSource(new URL("../../weights/", import.meta.url).pathname);
const known = await source.find(name);
if (!known) throw new Error(`No model ${name} ships`);
const network = await loadNetwork((await source.read(known)).backbone);
if (network.role === "generator") throw new Error(`${name} does not look at pictures`);
const model = network.role === "classifier"
  ? network.model
  : network.model[part === "decoder" ? "decoder" : "encoder"];
const input = readInput(inputPath, model.inputShape);
await serveModel(model, input);
