import { crc32 } from "node:zlib";
import { ServiceError } from "../service_error.ts";

/** One chunk of a PNG file. */
export interface PngChunk {
  /** Four ASCII letters; an upper case first letter means that the picture needs the chunk. */
  type: string;
  /** The chunk's data, a view of the file. */
  data: Uint8Array;
  /** The type and the data, a view of the file: what the checksum covers. */
  checked: Uint8Array;
  /** The CRC-32 that the file gives. */
  checksum: number;
}

const SIGNATURE_BYTES = 8;
const IHDR_BYTES = 13;

// Some encoders write a chunk for each row, of which there are 65,535 at most, and most write at
// least 8 KiB into one, which makes 131,072 of 1 GiB; more is an attack on our time.
const CHUNKS_MAX = 150_000;

/**
 * Walks the chunks of a PNG file from IHDR to IEND.
 *
 * @throws {ServiceError} `invalid_image` when IHDR is not the first chunk, the file ends early or it
 * has too many chunks.
 */
export function* readPngChunks(bytes: Uint8Array): Generator<PngChunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = SIGNATURE_BYTES;
  let type = "";
  for (let count = 0; type !== "IEND"; count++) {
    if (count === CHUNKS_MAX) throw invalidPng(`it must have at most ${CHUNKS_MAX} chunks`);
    // Length, type and checksum take 12 bytes.
    if (position + 12 > bytes.length) throw invalidPng("it must end with IEND: it is truncated");
    const length = view.getUint32(position);
    if (length > bytes.length - position - 12) {
      throw invalidPng(`chunks must lie inside the file: the one at byte ${position} does not`);
    }
    const isFirst = type === "";
    const checked = bytes.subarray(position + 4, position + 8 + length);
    type = String.fromCharCode(...checked.subarray(0, 4));
    if (isFirst && type !== "IHDR") throw invalidPng("its first chunk must be IHDR");
    position += 12 + length;
    yield { type, data: checked.subarray(4), checked, checksum: view.getUint32(position - 4) };
  }
}

/**
 * Reads the size of a PNG picture from its IHDR chunk.
 *
 * @throws {ServiceError} `invalid_image` when the chunk is broken or zero sized.
 */
export function readPngSize(bytes: Uint8Array): { width: number; height: number } {
  const [header] = readPngChunks(bytes);
  if (header?.data.length !== IHDR_BYTES) throw invalidPng(`IHDR must have ${IHDR_BYTES} bytes`);
  const view = new DataView(header.data.buffer, header.data.byteOffset, IHDR_BYTES);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (width === 0 || height === 0) {
    throw invalidPng(
      `its width and height must be >= 1: current values are ${width} and ${height}`,
    );
  }
  return { width, height };
}

/**
 * Checks what the decoder leaves unchecked: the checksum of every chunk that the picture needs,
 * that IHDR comes once, and that the file goes on to IEND.
 *
 * @throws {ServiceError} `invalid_image` for the first fault found.
 */
export function checkPngChunks(bytes: Uint8Array): void {
  let headerCount = 0;
  for (const { type, checked, checksum } of readPngChunks(bytes)) {
    if (type === "IHDR" && ++headerCount > 1) throw invalidPng("it must have one IHDR chunk");
    const isCritical = /^[A-Z]/.test(type) || type === "tRNS";
    if (isCritical && crc32(checked) !== checksum) {
      throw invalidPng(`checksums must match: the one of a ${type} chunk does not`);
    }
  }
}

function invalidPng(reason: string): ServiceError {
  return new ServiceError("invalid_image", `Cannot read PNG as ${reason}`);
}
