import startMozjpeg from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import startLibwebp from "@jsquash/webp/codec/dec/webp_dec.js";
import { ServiceError } from "../service_error.ts";
import type { ImageType } from "./image_type.ts";
import type { Pixels } from "./pixels.ts";

/** The compiled decoder of each format; a module can be posted to a worker. */
export type DecoderModules = Record<ImageType, WebAssembly.Module>;

/** The decoders of one thread. */
export interface ImageDecoders {
  /**
   * Decodes a picture whose size was read and allowed before. Transparency is left as stored.
   *
   * @throws {ServiceError} `invalid_image` with the decoder's reason.
   */
  decode(type: ImageType, bytes: Uint8Array): Promise<Pixels>;
}

/** A running decoder. After a failure its memory is in an unknown state: it must be dropped. */
interface DecoderInstance {
  /** Returns nothing where the decoder refuses without a word. */
  decode(bytes: Uint8Array): Pixels | null | undefined;
  memoryBytes(): number;
  /** What the decoder printed during the last call, warnings first. */
  messages: string[];
}

/** The part of an Emscripten module that is used here. */
interface EmscriptenModule {
  HEAPU8: Uint8Array;
  decode(bytes: Uint8Array, preserveOrientation?: boolean): Pixels | null;
}

type EmscriptenFactory = (options: {
  noInitialRun: boolean;
  print: (line: string) => void;
  printErr: (line: string) => void;
  instantiateWasm: (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => void,
  ) => WebAssembly.Exports;
}) => Promise<EmscriptenModule>;

// WebAssembly memory never shrinks, so a decoder that grew beyond this is dropped after the
// picture. The usual 12-megapixel photo leaves 55 to 90 MB; starting one anew takes 1 to 2 ms.
const KEPT_MEMORY_BYTES_MAX = 96 * 1024 * 1024;
const MESSAGES_MAX = 8;

/**
 * Creates decoders over compiled modules. Each starts with its first picture, and starts anew after
 * a failure and after a picture that made its memory large.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { createImageDecoders } from "./image_decoders.ts";
 * import { decoderModules } from "./wasm_decoders.js";
 *
 * const decoders = createImageDecoders(decoderModules);
 * await assertRejects(() => decoders.decode("png", new Uint8Array()));
 * ```
 */
export function createImageDecoders(modules: DecoderModules): ImageDecoders {
  const restartables: Record<ImageType, RestartableDecoder> = {
    jpeg: new RestartableDecoder("JPEG", () => {
      return startEmscripten(startMozjpeg as unknown as EmscriptenFactory, modules.jpeg, [false]);
    }),
    png: new RestartableDecoder("PNG", async () => await startPng(modules.png)),
    webp: new RestartableDecoder("WebP", () => {
      return startEmscripten(startLibwebp as unknown as EmscriptenFactory, modules.webp, []);
    }),
  };
  return { decode: (type, bytes) => restartables[type].decode(bytes) };
}

class RestartableDecoder {
  readonly #name: string;
  readonly #start: () => Promise<DecoderInstance>;
  #pending: Promise<DecoderInstance> | undefined;

  constructor(name: string, start: () => Promise<DecoderInstance>) {
    this.#name = name;
    this.#start = start;
  }

  async decode(bytes: Uint8Array): Promise<Pixels> {
    let pending: Promise<DecoderInstance>;
    let instance: DecoderInstance;
    // Another call that waited for the same instance may have dropped it in the meantime. After the
    // loop nothing waits, so no other call comes in between.
    do {
      pending = this.#pending ??= this.#startAnew();
      instance = await pending;
    } while (pending !== this.#pending);
    instance.messages.length = 0;
    let pixels: Pixels | null | undefined;
    let cause: unknown;
    try {
      pixels = instance.decode(bytes);
    } catch (error) {
      cause = error;
    }
    if (!pixels || instance.memoryBytes() > KEPT_MEMORY_BYTES_MAX) this.#pending = undefined;
    if (pixels && !instance.messages.includes("Premature end of JPEG file")) return pixels;
    const reason = instance.messages.at(-1);
    throw new ServiceError(
      "invalid_image",
      `Cannot decode image as its ${this.#name} data must be whole and valid` +
        (reason === undefined ? "" : `: ${reason}`),
      { cause },
    );
  }

  /** An instance that does not start is not kept: the next picture tries again. */
  #startAnew(): Promise<DecoderInstance> {
    const pending = this.#start();
    pending.catch(() => {
      if (this.#pending === pending) this.#pending = undefined;
    });
    return pending;
  }
}

async function startEmscripten(
  factory: EmscriptenFactory,
  module: WebAssembly.Module,
  decodeArguments: [boolean?],
): Promise<DecoderInstance> {
  const messages: string[] = [];
  const keep = (line: string) => {
    if (messages.length === MESSAGES_MAX) messages.pop();
    messages.push(line.slice(0, 200));
  };
  const emscripten = await factory({
    noInitialRun: true,
    print: keep,
    printErr: keep,
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    },
  });
  return {
    decode: (bytes) => emscripten.decode(bytes, ...decodeArguments),
    memoryBytes: () => emscripten.HEAPU8.byteLength,
    messages,
  };
}

interface PngExports {
  memory: WebAssembly.Memory;
  decode(pointer: number, length: number): number;
  __wbindgen_malloc(length: number, alignment: number): number;
  __wbindgen_free(pointer: number, length: number, alignment: number): void;
}

/**
 * Starts the PNG decoder. The package's own glue keeps one instance for ever, which could neither
 * be replaced after a trap nor give its memory back; these are the few imports that decoding needs.
 */
function startPng(module: WebAssembly.Module): DecoderInstance {
  let pixels: Pixels | undefined;
  const fail = () => {
    throw new Error("The PNG decoder failed");
  };
  const instance = new WebAssembly.Instance(module, {
    wbg: {
      // `new ImageData(data, width, height)`, which owns `data`.
      __wbg_newwithownedu8clampedarrayandsh_91db5987993a08fb(
        pointer: number,
        length: number,
        width: number,
        height: number,
      ) {
        const view = new Uint8ClampedArray(exports.memory.buffer, pointer >>> 0, length);
        pixels = { width, height, data: view.slice() };
        exports.__wbindgen_free(pointer, length, 1);
        return 0;
      },
      __wbindgen_throw: fail,
      // Only decoding to 16 bits uses these.
      __wbindgen_memory: fail,
      __wbg_buffer_a448f833075b71ba: fail,
      __wbg_newwithbyteoffsetandlength_099217381c451830: fail,
      __wbindgen_object_drop_ref: fail,
    },
  });
  const exports = instance.exports as unknown as PngExports;
  return {
    decode(bytes) {
      pixels = undefined;
      const pointer = exports.__wbindgen_malloc(bytes.length, 1) >>> 0;
      new Uint8Array(exports.memory.buffer).set(bytes, pointer);
      exports.decode(pointer, bytes.length);
      const decoded = pixels;
      pixels = undefined;
      return decoded;
    },
    memoryBytes: () => exports.memory.buffer.byteLength,
    messages: [],
  };
}
