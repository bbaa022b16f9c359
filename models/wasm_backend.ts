import * as tf from "@tensorflow/tfjs-core";
import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import wasmFactory from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js";
import { registerSamePadding } from "./kernels/same_padding.ts";

/** What runs the models, as `GET /v1/models` shows it. */
export interface BackendInfo {
  /** Name of the backend in TensorFlow.js. */
  name: "wasm";
  /** Always: the service does not start without. */
  simd: true;
  /** Version of TensorFlow.js. */
  version: string;
}

/** The Emscripten module of the backend with the functions that `BackendWasm` calls on it. */
interface WasmBackendModule {
  _malloc(bytes: number): number;
  cwrap(name: string, result: string | null, args: string[]): (...values: number[]) => number;
  tfjs?: Record<string, (...values: number[]) => number>;
}

type WasmFactory = (config: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): WebAssembly.Exports;
}) => Promise<WasmBackendModule>;

/**
 * Makes TensorFlow.js run on its WASM backend from an already compiled module. The stock
 * initialisation reads the binary through the file system or the network; this one needs neither,
 * and never falls back to another backend. Calling it again is an error, as one thread has one
 * backend.
 *
 * @throws {Error} if the backend does not start; `cause` says why
 */
export async function initWasmBackend(module: WebAssembly.Module): Promise<BackendInfo> {
  if (isStarted) throw new Error("Cannot start the WASM backend as this thread has one already");
  const backend = new GuardedBackend(await instantiateBackend(module));
  // The package registers its own lazy factory on import, which would read the file system.
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => backend);
  if (!(await tf.setBackend("wasm")) || tf.getBackend() !== "wasm") {
    throw new Error(`Cannot start the WASM backend: the active backend is "${tf.getBackend()}"`);
  }
  registerSamePadding();
  isStarted = true;
  return { name: "wasm", simd: true, version: tf.version_core };
}

// A second backend would leave the first one's tensors without their memory.
let isStarted = false;

type BackendWasmArgument = ConstructorParameters<typeof BackendWasm>[0];

/**
 * TensorFlow.js computes shapes with sizes of 0 or -1 where a window is longer than what it slides
 * over, and its kernels then read and write outside of their tensors. Every kernel asks for the place
 * of its output first. Lists of integers may be empty, as those of axes are.
 */
class GuardedBackend extends BackendWasm {
  override makeOutput(...[shape, dtype, ...rest]: Parameters<BackendWasm["makeOutput"]>) {
    const sizeMin = dtype === "float32" ? 1 : 0;
    if (!shape.every((size) => size >= sizeMin)) {
      throw new RangeError(
        `Cannot compute a value as its sizes must be at least ${sizeMin}: ` +
          `its shape is [${shape.join(", ")}]`,
      );
    }
    return super.makeOutput(shape, dtype, ...rest);
  }
}

async function instantiateBackend(module: WebAssembly.Module): Promise<BackendWasmArgument> {
  try {
    const wasm = await (wasmFactory as unknown as WasmFactory)({
      instantiateWasm(imports, done) {
        const instance = new WebAssembly.Instance(module, imports);
        done(instance, module);
        return instance.exports;
      },
    });
    wasm.tfjs = {
      init: wasm.cwrap("init", null, []),
      initWithThreadsCount: wasm.cwrap("init_with_threads_count", null, ["number"]),
      getThreadsCount: wasm.cwrap("get_threads_count", "number", []),
      registerTensor: wasm.cwrap("register_tensor", null, ["number", "number", "number"]),
      disposeData: wasm.cwrap("dispose_data", null, ["number"]),
      dispose: wasm.cwrap("dispose", null, []),
    };
    refuseNullPointers(wasm);
    return wasm as unknown as BackendWasmArgument;
  } catch (error) {
    throw new Error("Cannot start the WASM backend as its module does not instantiate", {
      cause: error,
    });
  }
}

/**
 * TensorFlow.js does not look at the result of an allocation, and would write a tensor at 0; a size
 * of 4 GiB or more would wrap around.
 */
function refuseNullPointers(wasm: WasmBackendModule): void {
  // Emscripten's stub puts the real function in its own place when it is first called.
  wasm._malloc(1);
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const pointer = bytes < 2 ** 32 ? allocate(bytes) : 0;
    if (pointer === 0 && bytes > 0) {
      throw new RangeError(`Cannot allocate ${bytes} bytes as the memory of the backend is full`);
    }
    return pointer;
  };
}
