import { ServiceError } from "../service_error.ts";

/** A marker segment of a JPEG file that stands before the first scan. */
export interface JpegSegment {
  /** The second byte of the marker: 0xe1 for APP1. */
  marker: number;
  /** The bytes after the segment's length, a view of the file. */
  payload: Uint8Array;
  /** Where the segment ends in the file. */
  end: number;
}

/** What a JPEG file says of its one picture before any of it is decoded. */
export interface JpegFrame {
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** 1 grayscale, 3 colour, 4 CMYK or YCCK. */
  componentCount: number;
  /** Whether an Adobe segment stands before the first scan. */
  hasAdobeSegment: boolean;
  /** Passes over the picture; a baseline file usually has one, a progressive one about ten. */
  scanCount: number;
  /** Where the picture ends in the file. Phones put a film or a second picture after it. */
  end: number;
}

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const DEFINE_HUFFMAN = 0xc4;
const JPEG_EXTENSION = 0xc8;
const DEFINE_ARITHMETIC = 0xcc;
const APP14 = 0xee;

// Long ICC profiles and XMP packets take a few hundred segments; more is an attack on our time.
const SEGMENTS_MAX = 4_096;

/**
 * Walks the segments of a JPEG file up to and including the header of its first scan.
 *
 * It skips stray bytes and fill bytes exactly as libjpeg does, and where it differs it is the
 * stricter, so that no file shows one size here and another to the decoder.
 *
 * @throws {ServiceError} `invalid_image` when a segment is broken or the file ends before a scan.
 */
export function* readJpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  let position = 2;
  for (let count = 0; count < SEGMENTS_MAX; count++) {
    position = skipToMarker(bytes, position);
    const marker = bytes[position++];
    if (marker === undefined || marker === END_OF_IMAGE) {
      throw invalidHeader("it must hold a scan: the file ends before one");
    }
    if (isStandalone(marker)) continue;
    const length = readLength(bytes, position);
    const end = position + length;
    if (length < 2 || end > bytes.length) {
      throw invalidHeader(`a segment must lie inside the file: one at byte ${position} does not`);
    }
    yield { marker, payload: bytes.subarray(position + 2, end), end };
    if (marker === START_OF_SCAN) return;
    position = end;
  }
  throw invalidHeader(`it must have at most ${SEGMENTS_MAX} segments`);
}

/**
 * Reads the frame header (SOFn) of a JPEG file, counts the scans and finds the end of the picture.
 *
 * @throws {ServiceError} `invalid_image` when the header is broken, truncated or zero sized.
 */
export function readJpegFrame(bytes: Uint8Array): JpegFrame {
  let frame: Uint8Array | undefined;
  let hasAdobeSegment = false;
  for (const { marker, payload, end } of readJpegSegments(bytes)) {
    if (isFrameHeader(marker)) {
      if (frame) throw invalidHeader("it must have one frame header: it has two");
      frame = payload;
    } else if (marker === APP14) {
      hasAdobeSegment ||= hasPrefix(payload, "Adobe");
    } else if (marker === START_OF_SCAN && frame) {
      const { width, height, componentCount } = parseFrame(frame);
      return { width, height, componentCount, hasAdobeSegment, ...measureScans(bytes, end) };
    }
  }
  throw invalidHeader("it must have a frame header before the first scan");
}

/** Whether `payload` begins with the ASCII text `prefix`. */
export function hasPrefix(payload: Uint8Array, prefix: string): boolean {
  if (payload.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    if (payload[i] !== prefix.charCodeAt(i)) return false;
  }
  return true;
}

function parseFrame(payload: Uint8Array) {
  // Precision, height (2 bytes), width (2 bytes), component count.
  const [, heightHigh = 0, heightLow = 0, widthHigh = 0, widthLow = 0, componentCount = 0] =
    payload;
  const width = (widthHigh << 8) | widthLow;
  const height = (heightHigh << 8) | heightLow;
  if (width === 0 || height === 0 || componentCount === 0) {
    throw invalidHeader(
      `its width, height and component count must be >= 1: ` +
        `current values are ${width}, ${height} and ${componentCount}`,
    );
  }
  return { width, height, componentCount };
}

/**
 * Counts the scan headers from the first scan on, up to the end of the picture; inside a scan 0xff
 * is always escaped. Those in the segments between scans are counted too, though a decoder should
 * skip them: the count is never below what a decoder meets.
 */
function measureScans(bytes: Uint8Array, start: number): { scanCount: number; end: number } {
  let scanCount = 1;
  let segmentEnd = start;
  // Not `indexOf`, which is ten times slower where every other byte is 0xff.
  for (let position = start; position < bytes.length; position++) {
    if (bytes[position] !== 0xff) continue;
    const marker = bytes[position + 1] ?? 0;
    if (marker === START_OF_SCAN) scanCount++;
    if (position < segmentEnd) continue;
    if (marker === END_OF_IMAGE) return { scanCount, end: position + 2 };
    if (isSkippable(marker)) segmentEnd = position + 2 + readLength(bytes, position + 2);
  }
  return { scanCount, end: bytes.length };
}

/** Reads the length of a segment, which counts its own two bytes; 0 beyond the file. */
function readLength(bytes: Uint8Array, position: number): number {
  return ((bytes[position] ?? 0) << 8) | (bytes[position + 1] ?? 0);
}

/** Returns where the byte after the next run of 0xff stands, skipping escaped 0xff 0x00. */
function skipToMarker(bytes: Uint8Array, start: number): number {
  let position = start;
  while (position < bytes.length) {
    position = bytes.indexOf(0xff, position);
    if (position === -1) return bytes.length;
    while (bytes[position] === 0xff) position++;
    if (bytes[position] !== 0) return position;
  }
  return bytes.length;
}

function isFrameHeader(marker: number): boolean {
  if (marker < 0xc0 || marker > 0xcf) return false;
  return marker !== DEFINE_HUFFMAN && marker !== JPEG_EXTENSION && marker !== DEFINE_ARITHMETIC;
}

/** TEM and the restart markers have no length. A second SOI is the decoder's to refuse. */
function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** Whether a segment between scans may hold any bytes, such as an end of image of its own. */
function isSkippable(marker: number): boolean {
  return marker >= 0xc0 && marker < 0xff && marker !== START_OF_SCAN && !isStandalone(marker);
}

function invalidHeader(reason: string): ServiceError {
  return new ServiceError("invalid_image", `Cannot read JPEG header as ${reason}`);
}
