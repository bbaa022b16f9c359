import { readFloats, writeFloats } from "../../lib/float32_bytes.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { DenseHead, DenseLayer } from "./dense_head.ts";
import { findHeadFault, findHeadSizeFault, HEAD_LAYERS_MAX } from "./head_faults.ts";

/** The first four bytes of a stored head. */
const MAGIC = new TextEncoder().encode("LLHD");
const VERSION = 1;
/** Magic, version and number of layers. */
const PREAMBLE_BYTES = 12;
/** Inputs, units and activation. */
const LAYER_HEADER_BYTES = 12;
/** Stored as their position. */
const ACTIVATIONS = ["linear", "relu"] as const;

type LayerHeader = Pick<DenseLayer, "inputs" | "units" | "activation">;

/**
 * Writes a head for storage: `LLHD`, version, number of layers; inputs, units and activation of
 * each layer; then the weights and the bias of each layer. All numbers are little endian, uint32
 * and float32. The same head always gives the same bytes.
 *
 * @throws {TypeError} if the head could not be run
 */
export function encodeHead(head: DenseHead): Uint8Array<ArrayBuffer> {
  const fault = findHeadFault(head);
  if (fault !== undefined) throw new TypeError(`Cannot store head as ${fault}`);
  const { layers } = head;
  const elements = layers.reduce((sum, { inputs, units }) => sum + (inputs + 1) * units, 0);
  const headerBytes = PREAMBLE_BYTES + layers.length * LAYER_HEADER_BYTES;
  const bytes = new Uint8Array(headerBytes + elements * 4);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  const header = [VERSION, layers.length];
  for (const { inputs, units, activation } of layers) {
    header.push(inputs, units, ACTIVATIONS.indexOf(activation));
  }
  header.forEach((value, index) => view.setUint32(MAGIC.length + index * 4, value, true));
  let offset = headerBytes;
  for (const values of layers.flatMap(({ weights, bias }) => [weights, bias])) {
    offset = writeFloats(view, offset, values);
  }
  return bytes;
}

/**
 * Reads what {@linkcode encodeHead} has written, trusting none of it.
 *
 * @param bytes the whole of it; the head keeps no view of them
 * @throws {ServiceError} `model_unusable`, saying what is wrong
 */
export function decodeHead(bytes: Uint8Array): DenseHead {
  const headers = readHeaders(bytes);
  const view = viewOf(bytes);
  let offset = PREAMBLE_BYTES + headers.length * LAYER_HEADER_BYTES;
  const readNext = (length: number) => {
    const values = readFloats(view, offset, length);
    offset += values.byteLength;
    return values;
  };
  const layers = headers.map((header) => ({
    ...header,
    weights: readNext(header.inputs * header.units),
    bias: readNext(header.units),
  }));
  const fault = findHeadFault({ layers });
  if (fault !== undefined) throw refuse(fault);
  return { layers };
}

/** The sizes are checked against the length before anything of that size is made. */
function readHeaders(bytes: Uint8Array): LayerHeader[] {
  if (bytes.length < PREAMBLE_BYTES || !MAGIC.every((byte, index) => byte === bytes[index])) {
    throw refuse(`it must start with "LLHD"`);
  }
  const view = viewOf(bytes);
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw refuse(`its version must be ${VERSION}: found ${version}`);
  const layerCount = view.getUint32(8, true);
  const headerBytes = PREAMBLE_BYTES + layerCount * LAYER_HEADER_BYTES;
  if (layerCount > HEAD_LAYERS_MAX) {
    throw refuse(`it must have 1 to ${HEAD_LAYERS_MAX} layers: found ${layerCount}`);
  }
  if (bytes.length < headerBytes) throw refuse(`it ends after ${bytes.length} bytes`);
  const headers = Array.from({ length: layerCount }, (_, index) => {
    const offset = PREAMBLE_BYTES + index * LAYER_HEADER_BYTES;
    return {
      inputs: view.getUint32(offset, true),
      units: view.getUint32(offset + 4, true),
      activation: readActivation(view.getUint32(offset + 8, true)),
    };
  });
  const fault = findHeadSizeFault(headers);
  if (fault !== undefined) throw refuse(fault);
  const elements = headers.reduce((sum, { inputs, units }) => sum + (inputs + 1) * units, 0);
  const wanted = headerBytes + elements * 4;
  if (bytes.length !== wanted) {
    throw refuse(`it must have ${wanted} bytes: found ${bytes.length}`);
  }
  return headers;
}

function readActivation(position: number): LayerHeader["activation"] {
  const activation = ACTIVATIONS[position];
  if (activation === undefined) {
    throw refuse(`its activations must be 0 or 1: found ${position}`);
  }
  return activation;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function refuse(rule: string): ServiceError {
  return new ServiceError("model_unusable", `Cannot read head as ${rule}`);
}
