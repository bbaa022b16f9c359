/**
 * Compiles the AssemblyScript of `kernels/assembly/` into
 * `models/training/training_kernels.wasm`: `deno task build:kernels`.
 */
import asc from "assemblyscript/asc";

/** Where the built module lies; it is part of the repository, so that nobody needs to build it. */
export const TRAINING_KERNELS_URL = new URL(
  "../models/training/training_kernels.wasm",
  import.meta.url,
);

const SOURCE_FOLDER = new URL("assembly/", import.meta.url);
const ENTRY = "training_kernels.ts";

/**
 * Plain SIMD, as relaxed SIMD may round differently from machine to machine; memory from outside,
 * as each training run brings its own; no runtime, as nothing is allocated inside.
 */
const OPTIONS = ["-O3", "--enable", "simd", "--runtime", "stub", "--importMemory", "--noAssert"];

/**
 * Compiles the kernels; the same sources give the same bytes.
 *
 * @throws {Error} with the compiler's messages if they do not compile
 */
export async function buildTrainingKernels(): Promise<Uint8Array> {
  let built: Uint8Array | undefined;
  const { error, stderr } = await asc.main([ENTRY, "--outFile", "out.wasm", ...OPTIONS], {
    readFile: (name: string) => {
      const url = new URL(name, SOURCE_FOLDER);
      return url.href.startsWith(SOURCE_FOLDER.href) ? readText(url) : null;
    },
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (typeof contents !== "string") built = contents;
    },
    listFiles: () => [],
  });
  if (error || !built) throw new Error(`Cannot build kernels: ${stderr}`, { cause: error });
  return built;
}

function readText(url: URL): string | null {
  try {
    return Deno.readTextFileSync(url);
  } catch {
    return null;
  }
}

if (import.meta.main) await Deno.writeFile(TRAINING_KERNELS_URL, await buildTrainingKernels());
