import { createRandom } from "../../../lib/random.ts";
import type { RecurrentCellName } from "../../../models/kernels/recurrent_cells.ts";
import { initializeNetwork } from "../../../models/networks/initialize_network.ts";
import type { LayeredNetwork } from "../../../models/networks/layered_network.ts";

/** A network of three classes with random weights; without cells it reads vectors. */
export function makeNetwork(
  { cells, inputs = 2, units = 5, tokens = 0, hidden = [] }: {
    cells: readonly RecurrentCellName[];
    inputs?: number;
    units?: number;
    tokens?: number;
    hidden?: readonly number[];
  },
): LayeredNetwork {
  return initializeNetwork([
    ...(tokens > 0 ? [{ kind: "embedding" as const, units: inputs }] : []),
    ...cells.map((cell) => ({ kind: "recurrent" as const, cell, units })),
    ...hidden.map((units) => ({ kind: "dense" as const, units, activation: "relu" as const })),
  ], { inputs: tokens || inputs, classes: 3, random: createRandom(1) });
}

/** The files of a model that ships. */
export function readShippedFiles(name: string): Map<string, Uint8Array> {
  const folder = new URL(`../../../weights/${name}/`, import.meta.url);
  return new Map(["model.json", "weights.bin"].map((path) => [
    path,
    Deno.readFileSync(new URL(path, folder)),
  ]));
}
