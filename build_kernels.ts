/**
 * Entry that compiles the kernels: `deno task kernels`. Both builds come from the same source; what
 * differs is whether a product and a sum are one rounded operation.
 */
import { main as compile } from "assemblyscript/asc";

const SOURCES_FOLDER = new URL("assembly/", import.meta.url);
const KERNELS_FOLDER = new URL("models/kernels/", import.meta.url);

/** The builds by the name of their file, with the WebAssembly features that each takes. */
export const KERNEL_BUILDS = {
  "recurrent.wasm": ["simd"],
  "recurrent_relaxed.wasm": ["simd", "relaxed-simd"],
} as const;

/**
 * Compiles the kernels from `assembly/`. The same source gives the same bytes.
 *
 * @throws {Error} with the compiler's messages if the source does not compile
 */
export async function buildKernel(name: keyof typeof KERNEL_BUILDS): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await compile([
    "recurrent.ts",
    ...["--outFile", name],
    ...["--runtime", "stub", "--use", "abort="],
    ...["--importMemory", "--noExportMemory"],
    ...KERNEL_BUILDS[name].flatMap((feature) => ["--enable", feature]),
    ...["-O3", "--converge", "--noAssert"],
  ], {
    // Names relative to the folder, so that no path of this machine reaches the compiler.
    readFile: (path) => readSource(path),
    writeFile: (_path, content) => void (binary = content as Uint8Array),
    listFiles: () => [],
  });
  if (error || !binary) {
    throw new Error(`Cannot build ${name}: ${stderr.toString()}`, { cause: error });
  }
  return binary;
}

/** `null` tells the compiler to look elsewhere. */
async function readSource(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(new URL(`${path}`, SOURCES_FOLDER));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

if (import.meta.main) {
  for (const name of Object.keys(KERNEL_BUILDS) as (keyof typeof KERNEL_BUILDS)[]) {
    await Deno.writeFile(new URL(name, KERNELS_FOLDER), await buildKernel(name));
  }
}
