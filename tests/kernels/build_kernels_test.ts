import { assertEquals } from "@std/assert";
import { buildKernels, KERNEL_BUILDS } from "../../kernels/build_kernels.ts";

const ROOT = new URL("../../", import.meta.url);

for (const build of KERNEL_BUILDS) {
  Deno.test(`buildKernels() gives ${build.target} as it is in the repository: else run deno task kernels`, async () => {
    const built = await buildKernels(build);
    const stored = await Deno.readFile(new URL(build.target, ROOT));
    // Compared in one step, as the difference of two binaries tells nobody anything.
    assertEquals(built.length, stored.length);
    assertEquals(built.every((byte, index) => byte === stored[index]), true);
  });
}

Deno.test("the training kernels use nothing that rounds differently on another machine", () => {
  const folder = new URL("kernels/training/", ROOT);
  const wrong = [...Deno.readDirSync(folder)]
    .map(({ name }) => name)
    .filter((name) => /\brelaxed_/.test(Deno.readTextFileSync(new URL(name, folder))));
  assertEquals(wrong, []);
});
