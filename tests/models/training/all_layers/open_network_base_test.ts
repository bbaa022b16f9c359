import { assertEquals, assertRejects } from "@std/assert";
import { encodeHead } from "../../../../models/heads/head_bytes.ts";
import { ModelRegistry } from "../../../../models/model_registry.ts";
import { openNetworkBase } from "../../../../models/training/all_layers/open_network_base.ts";
import { writeLayeredNetwork } from "../../../../models/networks/write_layered_network.ts";
import { createTestApp, ENTRY } from "../../../routes/test_app.ts";
import { makeLayer } from "../../heads/head_fixtures.ts";
import { createMemorySource, makeKnown } from "../../memory_source.ts";
import { makeNetwork } from "../../networks/network_fixtures.ts";

const INPUT = { kind: "series", channels: 2, stepsMax: 9 } as const;
const FILES = writeLayeredNetwork(makeNetwork({ cells: ["GRU"] }));
const HEAD = encodeHead({ layers: [makeLayer(5, 2)] });

Deno.test("openNetworkBase() gives the layers of a model with its head and input", async () => {
  await using test = await createTestApp();
  const known = { ...makeKnown({ ...ENTRY, name: "watch", input: INPUT }), backboneSha256: "ab" };
  const backbone = {
    hash: "ab",
    role: "classifier",
    format: "tfjs-layers",
    files: FILES,
    input: INPUT,
  } as const;
  const source = createMemorySource([known], {
    read: () => Promise.resolve({ backbone, head: HEAD, labels: ["x", "y"] }),
  });
  const models = new ModelRegistry([source], { pool: test.pool, loadedMax: 2 });
  const { card, input, network } = await openNetworkBase(models, "watch");
  assertEquals(card, { model: "watch", version: 1, backboneSha256: "ab" });
  assertEquals([input, network], [INPUT, { files: FILES, head: HEAD, labels: ["x", "y"] }]);
});

Deno.test("openNetworkBase() gives nothing for none, and throws for pictures", async () => {
  await using test = await createTestApp();
  const none = await openNetworkBase(test.models, "none");
  assertEquals([none.network, none.input, none.card.model], [undefined, undefined, "none"]);
  await assertRejects(() => openNetworkBase(test.models, "tiny"), TypeError, "takes pictures");
});
