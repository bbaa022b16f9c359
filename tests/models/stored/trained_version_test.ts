import { assert, assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { publishVersion } from "../../../lib/storage/models/publish_version.ts";
import { decodeDetector } from "../../../models/heads/detector_bytes.ts";
import { decodeHead, encodeHead } from "../../../models/heads/head_bytes.ts";
import type { TrainedCard } from "../../../models/stored/model_card.ts";
import { createStoredSource } from "../../../models/stored/stored_source.ts";
import { packTrainedVersion } from "../../../models/stored/trained_version.ts";
import { testWithDatabase } from "../../lib/storage/test_databases.ts";
import { makeLayer } from "../heads/head_fixtures.ts";
import { BACKBONE, makeBaseSource, makeTrainedCard, STORED_LIMITS } from "./stored_fixtures.ts";

const unknown = { threshold: 0.5, temperature: 4, metrics: { source: "a test", values: {} } };
const card = makeTrainedCard({ unknown }) as TrainedCard;
const layers = [makeLayer(3, 2)];
const detector = {
  temperature: 4,
  threshold: 0.5,
  mean: Float32Array.of(0, 0, 0),
  factor: Float32Array.of(1, 1, 1),
  directions: Float32Array.of(1, 0, 0, 0, 1, 0),
};

testWithDatabase("packTrainedVersion() stores what the source reads", async (database) => {
  const packed = packTrainedVersion({ card, head: encodeHead({ layers }), detector });
  const place = { model: "pets", labels: ["stable"], limits: STORED_LIMITS };
  await publishVersion(database, { ...packed, ...place });
  using source = createStoredSource(database, { fixed: [makeBaseSource()] });
  const known = await source.find("pets");
  assert(known);
  const content = await source.read(known);
  const { temperature: _, ...classes } = detector;
  assertEquals(decodeDetector(content.detector ?? new Uint8Array()), classes);
  const [layer] = decodeHead(content.head ?? new Uint8Array()).layers;
  // The temperature is in the weights.
  assertEquals(layer?.weights, layers[0]?.weights.map((weight) => weight / 4));
  assertEquals(known.stored?.card.unknown, unknown);
});

Deno.test("packTrainedVersion() leaves a head without detector as it is", () => {
  const head = encodeHead({ layers });
  const packed = packTrainedVersion({ card, head });
  assertEquals([packed.head, packed.files], [head, {}]);
  assertEquals(packed.backboneSha256, BACKBONE.hash);
  const base = { model: "none", version: 1, backboneSha256: "" };
  const vectors = { ...card, origin: { ...card.origin, base } };
  assertEquals(packTrainedVersion({ card: vectors, head }).backboneSha256, undefined);
});

Deno.test("packTrainedVersion() refuses bytes that are no head", () => {
  const head = new Uint8Array(9);
  assertThrows(() => packTrainedVersion({ card, head, detector }), ServiceError);
});
