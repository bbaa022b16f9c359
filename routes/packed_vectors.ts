import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import type { RequestOutcome } from "./run_inputs.ts";
import { SHAPE_HEADER } from "./shape_header.ts";

/** The media type of numbers without JSON. */
export const BINARY = "application/octet-stream";

/** The numbers of one answer: float32, or bytes where they are quantised. */
export type Vector = Float32Array | Uint8Array;

/** True when the client would rather have `application/octet-stream` than JSON. */
export function wantsBinary(context: Context<AppEnv>): boolean {
  context.header("Vary", "Accept");
  const type = accepts(context, {
    header: "Accept",
    supports: ["application/json", BINARY],
    default: "application/json",
  });
  return type === BINARY;
}

/** Vectors one after the other: float32 little endian, or bytes. */
export interface PackedVectors {
  bytes: ArrayBuffer;
  headers: { "Content-Type": string; [SHAPE_HEADER]: string };
}

/**
 * Packs one vector for each input.
 *
 * @throws {ServiceError} the first error, as there is no place for one among numbers
 */
export function packVectors(
  { outcomes }: RequestOutcome,
  vectorOf: (result: PoolResult) => Vector,
): PackedVectors {
  const vectors = outcomes.map((outcome) => {
    if ("error" in outcome) throw outcome.error;
    return vectorOf(outcome.result);
  });
  const length = vectors[0]?.length ?? 0;
  const size = vectors[0]?.BYTES_PER_ELEMENT ?? 4;
  const view = new DataView(new ArrayBuffer(vectors.length * length * size));
  vectors.forEach((vector, row) =>
    vector.forEach((value, column) => {
      const place = (row * length + column) * size;
      if (size === 1) view.setUint8(place, value);
      else view.setFloat32(place, value, true);
    })
  );
  const shape = `${vectors.length},${length}`;
  return { bytes: view.buffer, headers: { "Content-Type": BINARY, [SHAPE_HEADER]: shape } };
}
