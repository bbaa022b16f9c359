import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { encodeHead } from "../../../../models/heads/head_bytes.ts";
import { writeLayeredNetwork } from "../../../../models/networks/write_layered_network.ts";
import type { LayerOptions } from "../../../../models/training/all_layers/all_layers_options.ts";
import { planLayers, startNetwork } from "../../../../models/training/all_layers/start_network.ts";
import { makeLayer } from "../../heads/head_fixtures.ts";
import { startRecurrentBackend } from "../../kernels/recurrent_cases.ts";
import { makeNetwork } from "../../networks/network_fixtures.ts";

await startRecurrentBackend();

const NETWORK = makeNetwork({ cells: ["GRU"] });
const FILES = writeLayeredNetwork(NETWORK);
const OPTIONS = { kind: "series", inputs: 2, classNames: ["a", "b", "c"], seed: 1 } as const;

Deno.test("planLayers() gives each kind of samples a network that reads it", () => {
  const kinds = (kind: "text" | "series" | "vector", layers?: LayerOptions[]) =>
    planLayers(layers, kind).map((plan) => plan.kind === "recurrent" ? plan.cell : plan.kind);
  assertEquals(kinds("text"), ["embedding", "GRUResetAfter"]);
  assertEquals(kinds("series"), ["GRUResetAfter"]);
  assertEquals(kinds("vector"), ["dense"]);
  assertEquals(kinds("vector", []), []);
  assertEquals(
    kinds("text", [
      { type: "embedding", outputDim: 2 },
      { type: "lstm", units: 3 },
      { type: "simple_rnn", units: 3 },
      { type: "gru", units: 3, resetAfter: false },
    ]),
    ["embedding", "LSTM", "SimpleRNN", "GRU"],
  );
});

Deno.test("planLayers() refuses layers that cannot read the samples", () => {
  const dense = { type: "dense", units: 2 } as const;
  const gru = { type: "gru", units: 2 } as const;
  const embedding = { type: "embedding", outputDim: 2 } as const;
  const cases: [LayerOptions[], "text" | "series" | "vector"][] = [
    [[], "series"],
    [[embedding, gru], "series"],
    [[gru, dense], "series"],
    [[embedding], "text"],
    [[gru, embedding], "text"],
    [[gru], "vector"],
  ];
  for (const [layers, kind] of cases) {
    const error = assertThrows(() => planLayers(layers, kind), ServiceError, kind);
    assertEquals(error.param, "layers");
  }
});

Deno.test("startNetwork() keeps a model whose classes are the same, else all but the last layer", async () => {
  const base = { files: FILES, labels: ["a", "b", "c"] };
  assertEquals(await startNetwork({ ...OPTIONS, base }), NETWORK);
  const other = await startNetwork({ ...OPTIONS, base, classNames: ["x", "y"] });
  assertEquals(other.layers[0], NETWORK.layers[0]);
  assertEquals([other.layers[1]?.units, other.layers.length], [2, 2]);
});

Deno.test("startNetwork() starts from the head that stands on a network, or on vectors", async () => {
  const head = encodeHead({ layers: [makeLayer(5, 2)] });
  const base = { files: FILES, head, labels: ["x", "y"] };
  const { layers } = await startNetwork({ ...OPTIONS, base, classNames: ["x", "y"] });
  assertEquals(layers[0], NETWORK.layers[0]);
  assert(layers[1]?.kind === "dense");
  assertEquals(layers[1].weights, makeLayer(5, 2).weights);
  const vectors = { files: new Map(), head, labels: ["x", "y"] };
  const own = await startNetwork({ ...OPTIONS, kind: "vector", base: vectors });
  assertEquals(own.layers.map(({ units }) => units), [3]);
});

Deno.test("startNetwork() refuses a head of several layers on a recurrent network", async () => {
  const head = encodeHead({
    layers: [{ ...makeLayer(5, 4), activation: "relu" }, makeLayer(4, 2)],
  });
  await assertRejects(
    () => startNetwork({ ...OPTIONS, base: { files: FILES, head, labels: ["x", "y"] } }),
    ServiceError,
    "must be one dense layer: it has 2",
  );
});

Deno.test("startNetwork() draws the first weights by the seed", async () => {
  assertEquals(await startNetwork(OPTIONS), await startNetwork(OPTIONS));
  assertNotEquals(await startNetwork({ ...OPTIONS, seed: 2 }), await startNetwork(OPTIONS));
});
