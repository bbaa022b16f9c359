import { assertEquals } from "@std/assert";
import { buildKernel, KERNEL_BUILDS } from "../build_kernels.ts";

for (const name of Object.keys(KERNEL_BUILDS) as (keyof typeof KERNEL_BUILDS)[]) {
  Deno.test(`buildKernel() makes the bytes of models/kernels/${name}: else run deno task kernels`, async () => {
    const built = await buildKernel(name);
    const stored = await Deno.readFile(new URL(`../models/kernels/${name}`, import.meta.url));
    // Compared in one step, as the difference of two binaries tells nobody anything.
    assertEquals(built.length, stored.length);
    assertEquals(built.every((byte, index) => byte === stored[index]), true);
  });
}
