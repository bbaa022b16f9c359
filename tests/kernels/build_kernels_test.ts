import { assertEquals } from "@std/assert";
import { buildTrainingKernels, TRAINING_KERNELS_URL } from "../../kernels/build_kernels.ts";

Deno.test("buildTrainingKernels() gives the module that is in the repository", async () => {
  const built = await buildTrainingKernels();
  assertEquals(new Uint8Array(built), Deno.readFileSync(TRAINING_KERNELS_URL));
});

Deno.test("the kernels use nothing that rounds differently on another machine", () => {
  const folder = new URL("../../kernels/assembly/", import.meta.url);
  const wrong = [...Deno.readDirSync(folder)]
    .map(({ name }) => name)
    .filter((name) => /\brelaxed_/.test(Deno.readTextFileSync(new URL(name, folder))));
  assertEquals(wrong, []);
});
