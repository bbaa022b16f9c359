import { assert, assertEquals } from "@std/assert";
import { decoderModules } from "../../../lib/images/wasm_decoders.js";

Deno.test("decoderModules holds a compiled module for each format", () => {
  assertEquals(Object.keys(decoderModules).sort(), ["jpeg", "png", "webp"]);
  for (const module of Object.values(decoderModules)) assert(module instanceof WebAssembly.Module);
});
