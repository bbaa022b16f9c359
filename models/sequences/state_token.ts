import { readFloats, writeFloats } from "../../lib/float32_bytes.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { openSigned, signBytes } from "../../lib/signed_bytes.ts";

/** The network that a state belongs to. */
export interface StateNetwork {
  /** Name of the model. */
  model: string;
  /** Its version. */
  version: number;
  /** Hash of the network that the version stands on. */
  backboneSha256: string;
  /** Numbers in its state. */
  stateLength: number;
}

/** Where a sequence stands. */
export interface SequenceState {
  /** The hidden state: float32, `stateLength` numbers. */
  state: Float32Array<ArrayBuffer>;
  /** Steps that led to it. */
  steps: number;
}

/** Settings of {@linkcode openState}. */
export interface OpenStateOptions {
  /** The network that is to go on from it. */
  network: StateNetwork;
  /** An older state is refused, in milliseconds. */
  ageMsMax: number;
  /** Milliseconds since 1970. */
  now: number;
}

/** What is signed before the numbers of the state. */
interface StateHeader {
  model: string;
  version: number;
  backbone: string;
  steps: number;
  issuedAt: number;
}

/** First byte; another number is another layout of what follows. */
const FORMAT = 1;
/** Format, and length of the header as uint16. */
const PREFIX_BYTES = 3;

/**
 * Writes a state as a text that its client keeps: format, header as JSON and float32 little endian,
 * signed. Any replica with the same key takes it back by {@linkcode openState}.
 *
 * @param now milliseconds since 1970
 */
export async function sealState(
  key: CryptoKey,
  { state, steps }: SequenceState,
  { network, now }: { network: StateNetwork; now: number },
): Promise<string> {
  const { model, version, backboneSha256: backbone } = network;
  const header: StateHeader = { model, version, backbone, steps, issuedAt: now };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(PREFIX_BYTES + text.length + state.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FORMAT);
  view.setUint16(1, text.length, true);
  bytes.set(text, PREFIX_BYTES);
  const start = PREFIX_BYTES + text.length;
  writeFloats(view, start, state);
  return await signBytes(key, bytes);
}

/**
 * Reads what {@linkcode sealState} has written.
 *
 * @throws {ServiceError} `state_invalid` if it was changed or signed with another key,
 *   `state_foreign` if it belongs to another network, `state_expired` if it is too old
 */
export async function openState(
  key: CryptoKey,
  text: string,
  { network, ageMsMax, now }: OpenStateOptions,
): Promise<SequenceState> {
  const bytes = await openSigned(key, text);
  if (!bytes || bytes[0] !== FORMAT) {
    throw new ServiceError(
      "state_invalid",
      "Cannot go on from the state as it must be one that this service has given: it was changed, " +
        "or signed with another key",
    );
  }
  const { header, state } = readPayload(bytes);
  requireNetwork(header, state.length, network);
  if (now - header.issuedAt > ageMsMax) {
    const seconds = Math.round((now - header.issuedAt) / 1000);
    throw new ServiceError(
      "state_expired",
      `Cannot go on from the state as it must be at most ${ageMsMax / 1000} seconds old: ` +
        `it is ${seconds} seconds old`,
    );
  }
  return { state, steps: header.steps };
}

/** Only what was signed comes here, so it has the form that was written. */
function readPayload(bytes: Uint8Array<ArrayBuffer>) {
  const view = new DataView(bytes.buffer);
  const start = PREFIX_BYTES + view.getUint16(1, true);
  const text = new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, start));
  const header: StateHeader = JSON.parse(text);
  const length = (bytes.length - start) / 4;
  const state = readFloats(view, start, length);
  return { header, state };
}

function requireNetwork(header: StateHeader, length: number, network: StateNetwork): void {
  const { model, version, backboneSha256, stateLength } = network;
  if (header.model !== model || header.version !== version) {
    throw refuseForeign(
      `it must come from version ${version} of model ${model}: ` +
        `it comes from version ${header.version} of ${header.model}`,
    );
  }
  if (header.backbone !== backboneSha256 || length !== stateLength) {
    throw refuseForeign(
      `it must come from the network that version ${version} of model ${model} has now: ` +
        "it comes from another one",
    );
  }
}

function refuseForeign(rule: string): ServiceError {
  return new ServiceError("state_foreign", `Cannot go on from the state as ${rule}`);
}
