import type { FileFormat } from "../formats/load_model.ts";
import type { ModelCard } from "./model_card.ts";

/**
 * How the network is read that a version brings along: one that was imported, or whose layers were
 * all trained.
 *
 * @returns `undefined` where the version is a head on the network of another model, or on vectors
 */
export function findNetworkFormat({ origin, input }: ModelCard): FileFormat | undefined {
  if (origin.kind === "imported") return origin.format;
  return origin.method === "all_layers" && input.kind !== "vector" ? "tfjs-layers" : undefined;
}
