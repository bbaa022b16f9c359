import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasRelaxedSimd, hasWasmSimd, loadTfjsWasmModule } from "../../models/wasm_simd.ts";

Deno.test("hasWasmSimd() is true on the engine that runs the tests", () => {
  assert(hasWasmSimd());
});

Deno.test("hasRelaxedSimd() says whether the engine takes a binary with relaxed SIMD", async () => {
  const path = new URL("../../models/kernels/recurrent_relaxed.wasm", import.meta.url);
  assertEquals(hasRelaxedSimd(), WebAssembly.validate(await Deno.readFile(path)));
});

Deno.test("loadTfjsWasmModule() gives a compiled module", async () => {
  assert(await loadTfjsWasmModule() instanceof WebAssembly.Module);
});

Deno.test({
  name: "loadTfjsWasmModule() says what is missing on a processor without SIMD",
  // The flags that hide it are those of x86-64.
  ignore: Deno.build.arch !== "x86_64",
  async fn() {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--v8-flags=--no-enable-sse4-1,--no-enable-ssse3",
        `import { loadTfjsWasmModule } from "${import.meta.resolve("../../models/wasm_simd.ts")}";
         await loadTfjsWasmModule();`,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(code, 1);
    assertStringIncludes(new TextDecoder().decode(stderr), "WebAssembly engine has no SIMD");
  },
});
