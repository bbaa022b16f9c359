import { ServiceError } from "../../lib/service_error.ts";
import { trainingKernelsModule } from "./training_kernels.js";

/** Numbers of 32 bits in a {@linkcode TrainingMemory}; it stays valid while the memory grows. */
export interface MemoryBlock {
  /** Address of the first byte, a multiple of 64. */
  readonly pointer: number;
  /** How many numbers. */
  readonly length: number;
}

/** Rows of numbers in a block; between the end of a row and the next may lie a gap. */
export interface MemoryMatrix extends MemoryBlock {
  /** How many rows. */
  readonly rows: number;
  /** Numbers from the start of one row to the start of the next, a multiple of 4. */
  readonly stride: number;
}

/** The functions of the WebAssembly module; `kernels/` says what each does. */
export type KernelName =
  | "multiplyTransposed"
  | "multiplyStrided"
  | "crossEntropyAlong"
  | "crossEntropyGradient"
  | "dotProduct"
  | "addScaled"
  | "stepAdam"
  | "rectify"
  | "maskWhereZero"
  | "multiplyEach";

/** Takes addresses in bytes, and sizes and strides in numbers. */
export type Kernel = (...values: number[]) => number;

const PAGE_BYTES = 65_536;
const LINE_BYTES = 64;

/** The first page holds the tables of the module, and from here on the result of a kernel. */
const RESULT: MemoryBlock = { pointer: PAGE_BYTES - LINE_BYTES, length: 4 };

/**
 * The memory that one training run works in, and the kernels that work there. It is not the memory
 * of TensorFlow.js: a run leaves no tensor behind.
 */
export class TrainingMemory {
  /** The functions of `kernels/`. */
  readonly kernels: Readonly<Record<KernelName, Kernel>>;
  // Not shared, which its type leaves open.
  readonly #memory = new WebAssembly.Memory({ initial: 1 }) as
    & { readonly buffer: ArrayBuffer }
    & WebAssembly.Memory;
  readonly #bytesMax: number;
  #bytesUsed = PAGE_BYTES;

  /**
   * Starts empty, and grows.
   *
   * @param bytesMax what all blocks may take together, below 4 GiB
   */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    const imports = { env: { memory: this.#memory } };
    const { exports } = new WebAssembly.Instance(trainingKernelsModule, imports);
    this.kernels = exports as Record<KernelName, Kernel>;
  }

  /**
   * A block of zeros.
   *
   * @throws {ServiceError} `invalid_value` if it does not fit into `bytesMax`
   */
  allocate(length: number): MemoryBlock {
    const pointer = this.#bytesUsed;
    const end = pointer + Math.ceil((length * 4) / LINE_BYTES) * LINE_BYTES;
    if (end - PAGE_BYTES > this.#bytesMax) {
      throw new ServiceError(
        "invalid_value",
        `Cannot train as features and head must fit into ${this.#bytesMax} bytes: ` +
          `${end - PAGE_BYTES} are needed`,
      );
    }
    const pages = Math.ceil(end / PAGE_BYTES) - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (pages > 0) this.#memory.grow(pages);
    this.#bytesUsed = end;
    const block = { pointer, length };
    // The run before may have left something.
    this.floats(block).fill(0);
    return block;
  }

  /** Frees all blocks at once; the memory keeps its size. */
  reset(): void {
    this.#bytesUsed = PAGE_BYTES;
  }

  /** What the memory takes, whether it is in use or not. */
  get bytesReserved(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Where kernels that compute two float64 put them. */
  get result(): MemoryBlock {
    return RESULT;
  }

  /** A matrix of zeros. */
  allocateMatrix(rows: number, stride: number): MemoryMatrix {
    return { ...this.allocate(rows * stride), rows, stride };
  }

  /** The block as float32, until the next allocation. */
  floats({ pointer, length }: MemoryBlock): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer, pointer, length);
  }

  /** The block as int32, until the next allocation. */
  integers({ pointer, length }: MemoryBlock): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#memory.buffer, pointer, length);
  }

  /** The first `length` float64 of the block, until the next allocation. */
  doubles({ pointer }: MemoryBlock, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#memory.buffer, pointer, length);
  }
}
