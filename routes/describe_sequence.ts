import type { Sequence } from "../models/sequences/sequence_store.ts";
import type { SequenceBody } from "./sequence_schemas.ts";

/** Where a sequence stands: what every answer about it has. */
export function describePlace({ id, steps, expiresAt }: Readonly<Sequence>) {
  return { id, steps_so_far: steps, expires_at: new Date(expiresAt).toISOString() };
}

/**
 * All that is said of a sequence.
 *
 * @param origin where the service is reached
 */
export function describeSequence(sequence: Readonly<Sequence>, origin: string): SequenceBody {
  const { id, model, version, createdAt } = sequence;
  const self = `${origin}/v1/models/${model}/sequences/${id}`;
  return {
    model,
    version,
    created_at: new Date(createdAt).toISOString(),
    ...describePlace(sequence),
    urls: { self, step: `${self}:step` },
  };
}
