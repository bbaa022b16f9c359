import { assertEquals, assertNotEquals } from "@std/assert";
import { hashBytes } from "../../../lib/storage/blobs.ts";
import { decodeHead } from "../../../models/heads/head_bytes.ts";
import type { ModelInput } from "../../../models/model_description.ts";
import { writeLayeredNetwork } from "../../../models/networks/write_layered_network.ts";
import type { TrainedCard } from "../../../models/stored/model_card.ts";
import { packNetworkWeights, packTrainedNetwork } from "../../../models/stored/trained_network.ts";
import { makeNetwork } from "../networks/network_fixtures.ts";
import { makeTrainedCard } from "./stored_fixtures.ts";

const SERIES: ModelInput = { kind: "series", channels: 2, stepsMax: 9 };

function makeCard(input: ModelInput): TrainedCard {
  return makeTrainedCard({ input }) as TrainedCard;
}

Deno.test("packTrainedNetwork() stores a network over sequences as files of its own", () => {
  const network = makeNetwork({ cells: ["GRU"] });
  const packed = packTrainedNetwork({ card: makeCard(SERIES), network });
  const files = writeLayeredNetwork(network);
  const hashed = [...files].map(([path, bytes]) => {
    return [`network/${path}`, { bytes, sha256: hashBytes(bytes) }];
  });
  assertEquals(packed.files, Object.fromEntries(hashed));
  assertEquals(packed.head, undefined);
  assertEquals(packNetworkWeights(network), files.get("weights.bin"));
});

Deno.test("packTrainedNetwork() hashes weights and input", () => {
  const network = makeNetwork({ cells: ["GRU"] });
  const hash = (input: ModelInput, cells: Parameters<typeof makeNetwork>[0]["cells"] = ["GRU"]) =>
    packTrainedNetwork({ card: makeCard(input), network: makeNetwork({ cells }) }).backboneSha256;
  assertEquals(
    packTrainedNetwork({ card: makeCard(SERIES), network }).backboneSha256,
    hash(SERIES),
  );
  assertNotEquals(hash(SERIES), hash({ ...SERIES, stepsMax: 8 }));
  assertNotEquals(hash(SERIES), hash(SERIES, ["LSTM"]));
});

Deno.test("packTrainedNetwork() stores a network over vectors as a head", () => {
  const network = makeNetwork({ cells: [], hidden: [4] });
  const packed = packTrainedNetwork({ card: makeCard({ kind: "vector", length: 2 }), network });
  assertEquals([packed.files, packed.backboneSha256], [undefined, undefined]);
  const { layers } = decodeHead(packed.head ?? new Uint8Array());
  assertEquals(layers.map(({ units, activation }) => [units, activation]), [
    [4, "relu"],
    [3, "linear"],
  ]);
  assertEquals(packNetworkWeights(network), packed.head);
});
