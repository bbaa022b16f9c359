import { ServiceError } from "../../lib/service_error.ts";
import type { UnknownDetector } from "./unknown_detector.ts";

/** The first four bytes of a stored detector. */
const MAGIC = new TextEncoder().encode("LLUD");
const VERSION = 1;
/** Magic, version, length of a feature vector and number of classes. */
const HEADER_BYTES = 16;

/**
 * Writes a detector for storage: `LLUD`, version, length of a feature vector and number of classes as
 * uint32; temperature and threshold as float64; mean, factor and directions as float32; all little
 * endian. The same detector always gives the same bytes.
 */
export function encodeDetector(detector: UnknownDetector): Uint8Array<ArrayBuffer> {
  const { temperature, threshold, mean, factor, directions } = detector;
  const arrays = [mean, factor, directions];
  const elements = arrays.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(HEADER_BYTES + 2 * 8 + elements * 4);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  [VERSION, mean.length, directions.length / mean.length].forEach((value, index) =>
    view.setUint32(MAGIC.length + index * 4, value, true)
  );
  view.setFloat64(HEADER_BYTES, temperature, true);
  view.setFloat64(HEADER_BYTES + 8, threshold, true);
  let offset = HEADER_BYTES + 2 * 8;
  for (const value of arrays.flatMap((array) => [...array])) {
    view.setFloat32(offset, value, true);
    offset += 4;
  }
  return bytes;
}

/**
 * Reads what {@linkcode encodeDetector} has written, trusting none of it.
 *
 * @param bytes the whole of it; the detector keeps no view of them
 * @throws {ServiceError} `model_unusable`, saying what is wrong
 */
export function decodeDetector(bytes: Uint8Array): UnknownDetector {
  if (bytes.length < HEADER_BYTES || !MAGIC.every((byte, index) => byte === bytes[index])) {
    throw refuse('it must start with "LLUD"');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version = 0, length = 0, classes = 0] = [4, 8, 12].map((at) => view.getUint32(at, true));
  if (version !== VERSION) throw refuse(`its version must be ${VERSION}: found ${version}`);
  const wanted = HEADER_BYTES + 2 * 8 + (2 + classes) * length * 4;
  if (bytes.length !== wanted) {
    throw refuse(`it must have ${wanted} bytes: found ${bytes.length}`);
  }
  let offset = HEADER_BYTES + 2 * 8;
  const readFloats = (count: number) => {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++, offset += 4) values[i] = view.getFloat32(offset, true);
    if (!values.every(Number.isFinite)) throw refuse("it has a number that is not finite");
    return values;
  };
  return {
    temperature: view.getFloat64(HEADER_BYTES, true),
    threshold: view.getFloat64(HEADER_BYTES + 8, true),
    mean: readFloats(length),
    factor: readFloats(length),
    directions: readFloats(classes * length),
  };
}

function refuse(rule: string): ServiceError {
  return new ServiceError("model_unusable", `Cannot read detector as ${rule}`);
}
