import { hashBytes } from "../../lib/storage/blobs.ts";
import type { PublishVersionOptions } from "../../lib/storage/models/publish_version.ts";
import { hashBackbone } from "../hash_backbone.ts";
import { encodeHead } from "../heads/head_bytes.ts";
import type { LayeredNetwork } from "../networks/layered_network.ts";
import { writeLayeredNetwork } from "../networks/write_layered_network.ts";
import type { TrainedCard } from "./model_card.ts";
import { networkPath } from "./version_files.ts";

/**
 * What `publishVersion()` stores of a network all of whose layers were trained: a layers model of its
 * own, or, over vectors, dense layers as a head.
 */
export function packTrainedNetwork(
  { card, network }: { card: TrainedCard; network: LayeredNetwork },
): Pick<PublishVersionOptions, "backboneSha256" | "head" | "card" | "files"> {
  if (card.input.kind === "vector") {
    return { head: encodeHead({ layers: readDenseLayers(network) }), card: { ...card } };
  }
  const hashed = [...writeLayeredNetwork(network)].map(([path, bytes]) => ({
    path,
    bytes,
    sha256: hashBytes(bytes),
  }));
  return {
    backboneSha256: hashBackbone(hashed, card.input),
    card: { ...card },
    files: Object.fromEntries(
      hashed.map(({ path, ...content }) => [networkPath(path), content]),
    ),
  };
}

/** The weights alone, for a checkpoint: a head as it is stored, or `weights.bin`. */
export function packNetworkWeights(network: LayeredNetwork): Uint8Array<ArrayBuffer> {
  const isHead = network.layers.every(({ kind }) => kind === "dense");
  if (isHead) return encodeHead({ layers: readDenseLayers(network) });
  return writeLayeredNetwork(network).get("weights.bin") as Uint8Array<ArrayBuffer>;
}

function readDenseLayers({ layers }: LayeredNetwork) {
  return layers.flatMap((layer) => {
    if (layer.kind !== "dense") throw new TypeError(`A head has dense layers: found ${layer.kind}`);
    const { kind: _, ...dense } = layer;
    return [dense];
  });
}
