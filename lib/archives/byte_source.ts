/** Bytes that can be read from any place, such as a file. */
export interface ByteSource {
  /** Number of bytes. */
  readonly length: number;
  /** Reads `length` bytes from `offset` on; fewer only at the end. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Reads from memory. */
export function createMemorySource(bytes: Uint8Array<ArrayBuffer>): ByteSource {
  return {
    length: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** Reads from an open file, which whoever opened it closes. One read at a time. */
export async function createFileSource(file: Deno.FsFile): Promise<ByteSource> {
  const { size } = await file.stat();
  return {
    length: size,
    async read(offset, length) {
      const bytes = new Uint8Array(Math.min(length, size - offset));
      await file.seek(offset, Deno.SeekMode.Start);
      let filled = 0;
      while (filled < bytes.length) {
        const count = await file.read(bytes.subarray(filled));
        if (count === null) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    },
  };
}
