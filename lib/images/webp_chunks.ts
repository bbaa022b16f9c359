import { ServiceError } from "../service_error.ts";

/** One chunk of a WebP file. */
export interface WebpChunk {
  /** Four ASCII characters: `VP8 `, `VP8L`, `VP8X`, `EXIF`, ... */
  type: string;
  /** The chunk's data, a view of the file. */
  data: Uint8Array;
}

const FILE_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const ANIMATION_FLAG = 0x02;

/**
 * Walks the chunks of a WebP file.
 *
 * @throws {ServiceError} `invalid_image` when a chunk does not lie inside the file.
 */
export function* readWebpChunks(bytes: Uint8Array): Generator<WebpChunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = FILE_HEADER_BYTES;
  while (position + CHUNK_HEADER_BYTES <= bytes.length) {
    const type = String.fromCharCode(...bytes.subarray(position, position + 4));
    const start = position + CHUNK_HEADER_BYTES;
    const length = view.getUint32(position + 4, true);
    if (length > bytes.length - start) {
      throw invalidWebp(`chunks must lie inside the file: the one at byte ${position} does not`);
    }
    yield { type, data: bytes.subarray(start, start + length) };
    // Chunks are padded to an even length.
    position = start + length + (length & 1);
  }
}

/**
 * Reads the size of a WebP picture from its first chunk.
 *
 * @throws {ServiceError} `invalid_image` when the chunk is broken, zero sized or of another kind.
 */
export function readWebpSize(bytes: Uint8Array): { width: number; height: number } {
  const [chunk] = readWebpChunks(bytes);
  const size = chunk && parseSize(chunk);
  if (!size) throw invalidWebp("its first chunk must be a whole VP8, VP8L or VP8X header");
  if (size.width === 0 || size.height === 0) {
    throw invalidWebp(
      `its width and height must be >= 1: current values are ${size.width} and ${size.height}`,
    );
  }
  return size;
}

/** Whether the file says that it is an animation. */
export function isAnimatedWebp(bytes: Uint8Array): boolean {
  const [chunk] = readWebpChunks(bytes);
  return chunk?.type === "VP8X" && ((chunk.data[0] ?? 0) & ANIMATION_FLAG) !== 0;
}

function parseSize({ type, data }: WebpChunk): { width: number; height: number } | undefined {
  if (data.length < 10 && !(type === "VP8L" && data.length >= 5)) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (type) {
    case "VP8 ": {
      // A key frame: three bytes of tag, the start code 9d 01 2a, then 14 bits for each side.
      const isKeyFrame = (view.getUint8(0) & 1) === 0;
      if (!isKeyFrame || view.getUint16(3) !== 0x9d01 || view.getUint8(5) !== 0x2a) {
        return undefined;
      }
      return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
    }
    case "VP8L": {
      if (view.getUint8(0) !== 0x2f) return undefined;
      const bits = view.getUint32(1, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X": {
      // 24 bits for each side, less one.
      const width = (view.getUint32(4, true) & 0xffffff) + 1;
      const height = (view.getUint16(7, true) | (view.getUint8(9) << 16)) + 1;
      return { width, height };
    }
    default:
      return undefined;
  }
}

function invalidWebp(reason: string): ServiceError {
  return new ServiceError("invalid_image", `Cannot read WebP as ${reason}`);
}
