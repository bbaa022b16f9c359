import { assertEquals, assertLessOrEqual, assertRejects, assertStringIncludes } from "@std/assert";
import * as tf from "@tensorflow/tfjs-core";
import { unzipFiles } from "../../../lib/archives/unzip_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { publishVersion } from "../../../lib/storage/models/publish_version.ts";
import type { ImportedModel } from "../../../models/archive/check_model.ts";
import { ARCHIVE_LIMITS } from "../../../models/archive/model_archive.ts";
import { loadModel } from "../../../models/formats/load_model.ts";
import { attachHead } from "../../../models/heads/attach_head.ts";
import { decodeHead, encodeHead } from "../../../models/heads/head_bytes.ts";
import { makeIdentityBackbone } from "../../../models/identity_backbone.ts";
import { ModelDirectory } from "../../../models/model_directory.ts";
import type { KnownModel, ModelContent } from "../../../models/model_source.ts";
import { exportVersion } from "../../../models/stored/export_version.ts";
import { packImportedVersion } from "../../../models/stored/imported_version.ts";
import { createStoredSource } from "../../../models/stored/stored_source.ts";
import { testWithDatabase } from "../../lib/storage/test_databases.ts";
import { ENTRY, SERIES_MODEL, TEST_TRANSFERS } from "../../routes/test_app.ts";
import { encodeJson, makeLayersFiles, METADATA } from "../archive/archive_fixtures.ts";
import { loadExported } from "../export/load_exported.ts";
import { largestDifference, startTestBackend } from "../formats/test_backend.ts";
import { makeLayer } from "../heads/head_fixtures.ts";
import { createMemorySource, makeKnown, NO_BACKBONE } from "../memory_source.ts";
import { TINY_INPUT } from "../tiny_model.ts";
import {
  makeBaseSource,
  makeTrainedCard,
  publishTrained,
  STORED_LIMITS,
} from "./stored_fixtures.ts";

async function exportStable(database: OpenDatabase, name: string) {
  const base = makeBaseSource();
  using source = createStoredSource(database, { fixed: [base] });
  const directory = new ModelDirectory([base, source]);
  const options = { directory, database, transfers: TEST_TRANSFERS, storage: "float32" } as const;
  const files = await unzipFiles(await exportVersion({ name }, options), ARCHIVE_LIMITS);
  return { ...await directory.read({ name }), files };
}

testWithDatabase(
  "exportVersion() joins backbone and head to a model with the same scores",
  async (database) => {
    await publishTrained(database, { choice: 1 });
    await startTestBackend();
    const before = tf.memory().numTensors;
    const { content, files } = await exportStable(database, "pets");
    assertEquals([...files.keys()], ["model.json", "weights.bin", "metadata.json"]);
    const exported = await loadExported(files);
    const network = await loadModel(content.backbone);
    const model = attachHead(network, decodeHead(content.head ?? new Uint8Array()));
    // What Teachable Machine's library gives for a pixel of 0.5, and what the service does.
    const scores = tf.tidy(() => {
      const input = tf.fill([1, 8, 8, 3], 0.5 * 255 / 127 - 1);
      const theirs = exported.predict(input) as tf.Tensor;
      const ours = tf.softmax(model.predict(tf.fill([1, 8, 8, 3], 0.5)).logits);
      return [theirs.dataSync(), ours.dataSync()] as const;
    });
    assertLessOrEqual(
      largestDifference(scores[0] as Float32Array, scores[1] as Float32Array),
      1e-5,
    );
    exported.dispose();
    model.dispose();
    network.dispose();
    assertEquals(tf.memory().numTensors, before);
  },
);

testWithDatabase(
  "exportVersion() gives back a layers model as it came, with what came along",
  async (database) => {
    const files = await makeLayersFiles();
    const companions = new Map([["metadata.json", encodeJson(METADATA)]]);
    const model: ImportedModel = {
      origin: "teachable-machine",
      format: "tfjs-layers",
      files,
      companions,
      labels: ["cat", "dog"],
      input: TINY_INPUT,
      classCount: 2,
      featureLength: 3,
      outputActivation: "softmax",
    };
    const packed = await packImportedVersion(model, { sha256: "f".repeat(64) });
    const place = { model: "pets", labels: ["stable"], limits: STORED_LIMITS };
    await publishVersion(database, { ...packed, ...place });
    const exported = await exportStable(database, "pets");
    const sent = new Map([...files, ...companions]);
    assertEquals([...exported.files.keys()].sort(), [...sent.keys()].sort());
    for (const [path, bytes] of sent) assertEquals([...exported.files.get(path) ?? []], [...bytes]);
  },
);

testWithDatabase(
  "exportVersion() refuses other models and says what they are",
  async (database) => {
    const card = makeTrainedCard();
    const series = { ...makeKnown(SERIES_MODEL), stored: { card, jobId: null, createdAt: 0 } };
    const overSeries: ModelContent = {
      backbone: { ...NO_BACKBONE, input: SERIES_MODEL.input },
      labels: ["cat", "dog"],
    };
    const head = encodeHead({ layers: [makeLayer(3, 2)] });
    const refusals: [KnownModel, ModelContent, found: string][] = [
      [makeKnown(SERIES_MODEL), overSeries, "takes series and comes with the service"],
      [series, { ...overSeries, head }, "is a last layer over series on another network"],
      [series, overSeries, `is of the format ${NO_BACKBONE.format}`],
      [series, { backbone: makeIdentityBackbone(3), labels: [], head }, "takes vectors"],
      [
        makeKnown(ENTRY),
        { backbone: { ...NO_BACKBONE, input: TINY_INPUT }, labels: [] },
        "takes pictures and has :classify, :predict, :embed",
      ],
    ];
    for (const [known, content, found] of refusals) {
      const source = createMemorySource([known], { read: () => Promise.resolve(content) });
      const directory = new ModelDirectory([source]);
      const storage = "float32";
      const options = { directory, database, transfers: TEST_TRANSFERS, storage } as const;
      const ask = () => exportVersion({ name: known.description.name }, options);
      const { code, message } = await assertRejects(ask, ServiceError, `trained here: it ${found}`);
      assertEquals(code, "verb_not_supported");
      assertStringIncludes(
        message,
        "must classify pictures, or be a layers model over texts or series",
      );
    }
  },
);
