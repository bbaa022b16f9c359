import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { findModel } from "../../../lib/storage/models/stored_models.ts";
import { FixedBackbones } from "../../../models/stored/fixed_backbones.ts";
import type { ModelCard } from "../../../models/stored/model_card.ts";
import { readBackbone, readNetwork } from "../../../models/stored/read_backbone.ts";
import { testWithDatabase } from "../../lib/storage/test_databases.ts";
import {
  BACKBONE,
  makeBaseSource,
  makeTrainedCard,
  publishImported,
  publishTrained,
} from "./stored_fixtures.ts";

const [NETWORK = new Uint8Array()] = BACKBONE.files.values();
const fixed = new FixedBackbones([makeBaseSource()]);

async function readCard(database: OpenDatabase, name: string): Promise<ModelCard> {
  const model = await findModel(database, name);
  return model?.versions[0]?.card as unknown as ModelCard;
}

testWithDatabase(
  "readBackbone() reads that of a model that comes with the service",
  async (database) => {
    const backbone = await readBackbone(BACKBONE.hash, { database, fixed });
    assertEquals(backbone, BACKBONE);
  },
);

testWithDatabase("readBackbone() finds an imported network under any name", async (database) => {
  const hash = "e".repeat(64);
  await publishImported(database, { model: "renamed", backboneSha256: hash });
  const backbone = await readBackbone(hash, { database, fixed });
  assertEquals([backbone.hash, backbone.format, backbone.role], [hash, "tflite", "classifier"]);
  const [file] = backbone.files.values();
  assert(file?.buffer instanceof SharedArrayBuffer);
  assertEquals([...file], [...NETWORK]);
});

testWithDatabase("readBackbone() refuses a hash that no network has", async (database) => {
  const error = await assertRejects(
    () => readBackbone("0".repeat(64), { database, fixed }),
    ServiceError,
    "no model has a network with hash 0000",
  );
  assertEquals(error.code, "model_unusable");
});

testWithDatabase("readNetwork() refuses a network that is damaged", async (database) => {
  await publishImported(database);
  const card = await readCard(database, "colours");
  const named = { model: "colours", version: 1, backboneSha256: "e", card };
  assertEquals((await readNetwork(database, named)).files.size, 1);
  await database.query.updateTable("blobs").set({ bytes: new Uint8Array(3) }).execute();
  const error = await assertRejects(
    () => readNetwork(database, named),
    ServiceError,
    "version 1 of model colours as its file model.tflite is damaged",
  );
  assertEquals(error.code, "model_unusable");
});

testWithDatabase("readNetwork() throws for a version that was not imported", async (database) => {
  await publishTrained(database);
  const named = { model: "pets", version: 1, backboneSha256: "e", card: makeTrainedCard() };
  await assertRejects(() => readNetwork(database, named), TypeError);
});
