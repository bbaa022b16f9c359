/**
 * Reads FlatBuffers (https://flatbuffers.dev/internals/) that nobody vouches for. Every offset is
 * checked against the file, every vector has a maximum length, and all vectors of one file together
 * may not cover more than twice its bytes, so that overlapping structures cannot multiply a small
 * file into a large amount of work. Faults are `SyntaxError`s.
 */

/** The vectors of a sound file do not overlap; twice its bytes leaves room for shared ones. */
const VECTOR_BYTES_PER_FILE_BYTE = 2;

interface FlatFile {
  bytes: Uint8Array;
  view: DataView;
  vectorBytesLeft: number;
}

/** One table; fields are numbered as in the schema, and absent ones read as their default. */
export class FlatTable {
  readonly #file: FlatFile;
  readonly #at: number;
  readonly #vtableAt: number;
  readonly #vtableBytes: number;

  private constructor(file: FlatFile, at: number) {
    this.#file = file;
    this.#at = check(file, at, 4);
    this.#vtableAt = check(file, at - file.view.getInt32(at, true), 4);
    this.#vtableBytes = file.view.getUint16(this.#vtableAt, true);
    check(file, this.#vtableAt, this.#vtableBytes);
  }

  /**
   * The root table of a file whose bytes 4 to 7 are `identifier`.
   *
   * @throws {SyntaxError} if the identifier differs or the root lies outside of the file
   */
  static root(bytes: Uint8Array, identifier: string): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const file = { bytes, view, vectorBytesLeft: VECTOR_BYTES_PER_FILE_BYTE * bytes.length };
    const found = String.fromCharCode(...bytes.subarray(4, 8));
    if (found !== identifier) {
      throw new SyntaxError(`bytes 4 to 7 must be "${identifier}": found ${JSON.stringify(found)}`);
    }
    check(file, 0, 8);
    return new FlatTable(file, view.getUint32(0, true));
  }

  /** A table without fields: everything reads as its default. */
  static empty(): FlatTable {
    // A table at 4 whose vtable, at 0, is its own header alone.
    const bytes = new Uint8Array([4, 0, 4, 0, 4, 0, 0, 0]);
    return new FlatTable({ bytes, view: new DataView(bytes.buffer), vectorBytesLeft: 0 }, 4);
  }

  /** Also for booleans and enums. */
  int8(field: number, absent = 0): number {
    const at = this.#find(field, 1);
    return at === undefined ? absent : this.#file.view.getInt8(at);
  }

  /** A signed integer. */
  int32(field: number, absent = 0): number {
    const at = this.#find(field, 4);
    return at === undefined ? absent : this.#file.view.getInt32(at, true);
  }

  /** An unsigned integer. */
  uint32(field: number, absent = 0): number {
    const at = this.#find(field, 4);
    return at === undefined ? absent : this.#file.view.getUint32(at, true);
  }

  /** A single-precision number. */
  float32(field: number, absent = 0): number {
    const at = this.#find(field, 4);
    return at === undefined ? absent : this.#file.view.getFloat32(at, true);
  }

  /** The table that a field points to. */
  table(field: number): FlatTable | undefined {
    const at = this.#find(field, 4);
    if (at === undefined) return undefined;
    return new FlatTable(this.#file, at + this.#file.view.getUint32(at, true));
  }

  /** A vector of tables. */
  tables(field: number, lengthMax: number): FlatTable[] {
    const { view } = this.#file;
    return this.#vector(field, { lengthMax, bytes: 4 }, (at) => {
      return new FlatTable(this.#file, at + view.getUint32(at, true));
    });
  }

  /** A vector of signed integers. */
  int32s(field: number, lengthMax: number): number[] {
    const { view } = this.#file;
    return this.#vector(field, { lengthMax, bytes: 4 }, (at) => view.getInt32(at, true));
  }

  /** A vector of single-precision numbers. */
  float32s(field: number, lengthMax: number): number[] {
    const { view } = this.#file;
    return this.#vector(field, { lengthMax, bytes: 4 }, (at) => view.getFloat32(at, true));
  }

  /** A vector of signed integers; those beyond 2^53 lose their last bits. */
  int64s(field: number, lengthMax: number): number[] {
    const { view } = this.#file;
    return this.#vector(field, { lengthMax, bytes: 8 }, (at) => Number(view.getBigInt64(at, true)));
  }

  /** A view on the file, not a copy, so its length costs nothing. */
  blob(field: number): Uint8Array {
    const at = this.#find(field, 4);
    if (at === undefined) return new Uint8Array();
    const { start, length } = this.#span(at, 1);
    return this.#file.bytes.subarray(start, start + length);
  }

  #find(field: number, bytes: number): number | undefined {
    const slot = 4 + 2 * field;
    if (slot + 2 > this.#vtableBytes) return undefined;
    const offset = this.#file.view.getUint16(this.#vtableAt + slot, true);
    return offset === 0 ? undefined : check(this.#file, this.#at + offset, bytes);
  }

  #vector<T>(
    field: number,
    element: { lengthMax: number; bytes: number },
    read: (at: number) => T,
  ): T[] {
    const at = this.#find(field, 4);
    if (at === undefined) return [];
    const { start, length } = this.#span(at, element.bytes);
    if (length > element.lengthMax) {
      throw new SyntaxError(
        `a vector at byte ${start} must have at most ${element.lengthMax} elements: found ${length}`,
      );
    }
    this.#file.vectorBytesLeft -= length * element.bytes;
    if (this.#file.vectorBytesLeft < 0) throw new SyntaxError("its vectors overlap");
    return Array.from({ length }, (_, index) => read(start + index * element.bytes));
  }

  #span(at: number, elementBytes: number): { start: number; length: number } {
    const lengthAt = check(this.#file, at + this.#file.view.getUint32(at, true), 4);
    const length = this.#file.view.getUint32(lengthAt, true);
    return { start: check(this.#file, lengthAt + 4, length * elementBytes), length };
  }
}

function check(file: FlatFile, at: number, bytes: number): number {
  if (at < 0 || at + bytes > file.bytes.length) {
    throw new SyntaxError(
      `bytes ${at} to ${at + bytes} must lie within the file's ${file.bytes.length} bytes`,
    );
  }
  return at;
}
