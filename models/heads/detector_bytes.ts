import { readFloats, writeFloats } from "../../lib/float32_bytes.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { ClassDirections } from "./score_unknown.ts";

/** The first four bytes of a stored detector. */
const MAGIC = new TextEncoder().encode("LLUD");
const VERSION = 1;
/** Magic, version, length, number of classes and threshold. */
const HEADER_BYTES = 24;
/** Directions of one detector: 64 MiB. */
const ELEMENTS_MAX = 2 ** 24;

/**
 * Writes for storage what tells inputs of none of the classes: `LLUD`, version, length of a feature
 * vector, number of classes, the threshold as float64; then mean, factor and directions. All numbers
 * are little endian, uint32 and float32. The same detector always gives the same bytes.
 *
 * @throws {TypeError} if it could not be used
 */
export function encodeDetector(classes: ClassDirections): Uint8Array<ArrayBuffer> {
  const fault = findFault(classes);
  if (fault !== undefined) throw new TypeError(`Cannot store detector as ${fault}`);
  const { threshold, mean, factor, directions } = classes;
  const { length } = mean;
  const bytes = new Uint8Array(HEADER_BYTES + (2 * length + directions.length) * 4);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  [VERSION, length, directions.length / length].forEach((value, index) =>
    view.setUint32(MAGIC.length + index * 4, value, true)
  );
  view.setFloat64(16, threshold, true);
  let offset = HEADER_BYTES;
  for (const values of [mean, factor, directions]) {
    offset = writeFloats(view, offset, values);
  }
  return bytes;
}

/**
 * Reads what {@linkcode encodeDetector} has written, trusting none of it.
 *
 * @param bytes the whole of it; the detector keeps no view of them
 * @throws {ServiceError} `model_unusable`, saying what is wrong
 */
export function decodeDetector(bytes: Uint8Array): ClassDirections {
  if (bytes.length < HEADER_BYTES || !MAGIC.every((byte, index) => byte === bytes[index])) {
    throw refuse(`it must start with "LLUD"`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version = 0, length = 0, classCount = 0] = [4, 8, 12].map((at) =>
    view.getUint32(at, true)
  );
  if (version !== VERSION) throw refuse(`its version must be ${VERSION}: found ${version}`);
  const wanted = HEADER_BYTES + (2 + classCount) * length * 4;
  if (bytes.length !== wanted) {
    throw refuse(`it must have ${wanted} bytes: found ${bytes.length}`);
  }
  let offset = HEADER_BYTES;
  const readNext = (count: number) => {
    const values = readFloats(view, offset, count);
    offset += values.byteLength;
    return values;
  };
  const classes = {
    threshold: view.getFloat64(16, true),
    mean: readNext(length),
    factor: readNext(length),
    directions: readNext(classCount * length),
  };
  const fault = findFault(classes);
  if (fault !== undefined) throw refuse(fault);
  return classes;
}

/** The end of a sentence that begins with "as", or `undefined` where nothing is wrong. */
function findFault({ threshold, mean, factor, directions }: ClassDirections): string | undefined {
  const { length } = mean;
  const classCount = directions.length / length;
  if (length < 1 || factor.length !== length || !Number.isInteger(classCount) || classCount < 1) {
    return `its directions must be [classes, ${length}]: found ${directions.length} numbers, ` +
      `${factor.length} factors`;
  }
  if (directions.length > ELEMENTS_MAX) {
    return `it must have at most ${ELEMENTS_MAX} numbers: found ${directions.length}`;
  }
  const isSound = Number.isFinite(threshold) &&
    [mean, factor, directions].every((values) => values.every(Number.isFinite));
  return isSound ? undefined : "it has a number that is not finite";
}

function refuse(rule: string): ServiceError {
  return new ServiceError("model_unusable", `Cannot read detector as ${rule}`);
}
