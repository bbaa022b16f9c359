/**
 * Compiles the AssemblyScript of `kernels/` into the WebAssembly modules of the service:
 * `deno task kernels`. The modules are part of the repository, so that nobody needs to build them.
 */
import asc from "assemblyscript/asc";

const ROOT = new URL("../", import.meta.url);

/** One module. */
export interface KernelBuild {
  /** Folder of its sources, from the root of the repository. */
  folder: string;
  /** The source that exports the kernels. */
  entry: string;
  /** Where the module goes, from the root of the repository. */
  target: string;
  /** What the compiler is told besides {@linkcode OPTIONS}. */
  options: readonly string[];
}

/**
 * Memory from outside, as it belongs to a training run or to TensorFlow.js; no runtime, as nothing is
 * allocated inside.
 */
const OPTIONS = ["-O3", "--runtime", "stub", "--importMemory", "--noAssert", "--enable", "simd"];

const RECURRENT = {
  folder: "kernels/recurrent/",
  entry: "recurrent.ts",
  options: ["--use", "abort=", "--noExportMemory", "--converge"],
};

/** All modules. */
export const KERNEL_BUILDS: readonly KernelBuild[] = [
  {
    folder: "kernels/training/",
    entry: "training_kernels.ts",
    target: "models/training/training_kernels.wasm",
    // Plain SIMD, as relaxed SIMD may round differently from machine to machine.
    options: [],
  },
  { ...RECURRENT, target: "models/kernels/recurrent.wasm" },
  {
    ...RECURRENT,
    target: "models/kernels/recurrent_relaxed.wasm",
    // A product and a sum may be one rounded operation.
    options: [...RECURRENT.options, "--enable", "relaxed-simd"],
  },
];

/**
 * Compiles one module; the same sources give the same bytes.
 *
 * @throws {Error} with the compiler's messages if it does not compile
 */
export async function buildKernels({ folder, entry, options }: KernelBuild): Promise<Uint8Array> {
  let built: Uint8Array | undefined;
  const sources = new URL(folder, ROOT);
  const { error, stderr } = await asc.main(
    [entry, "--outFile", "out.wasm", ...OPTIONS, ...options],
    {
      // Names relative to the folder, so that no path of this machine reaches the compiler.
      readFile: (name: string) => {
        const url = new URL(name, sources);
        return url.href.startsWith(sources.href) ? readText(url) : null;
      },
      writeFile: (_name: string, contents: Uint8Array | string) => {
        if (typeof contents !== "string") built = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !built) throw new Error(`Cannot build ${folder}: ${stderr}`, { cause: error });
  return built;
}

/** `null` tells the compiler to look elsewhere. */
function readText(url: URL): string | null {
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

if (import.meta.main) {
  for (const build of KERNEL_BUILDS) {
    await Deno.writeFile(new URL(build.target, ROOT), await buildKernels(build));
  }
}
