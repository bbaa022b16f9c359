import { assert, assertEquals } from "@std/assert";
import { unzipFiles } from "../../../lib/archives/unzip_files.ts";
import { importModel } from "../../../models/archive/import_model.ts";
import {
  ARCHIVE_LIMITS,
  TEACHABLE_MACHINE_PREPROCESSING,
} from "../../../models/archive/model_archive.ts";
import type { ImageModelInput } from "../../../models/model_description.ts";
import { InferenceEngine } from "../../../models/inference_engine.ts";
import { loadEngineModules } from "../tiny_model.ts";

const SHARED = new URL("../../../../shared/teachable-machine/", import.meta.url);
const isThere = await Deno.stat(SHARED).then(() => true, () => false);

function readZip(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(name, SHARED));
}

for (
  const { name, size, channels } of [
    { name: "image-model.zip", size: 224, channels: 3 },
    { name: "tiny-image-model.zip", size: 96, channels: 1 },
  ] as const
) {
  Deno.test({
    name: `importModel() takes Teachable Machine's ${name} (needs ../shared)`,
    ignore: !isThere,
    fn: async () => {
      const { tfjs } = await loadEngineModules();
      const model = await importModel(await readZip(name), { tfjs, timeoutMs: 60_000 });
      assertEquals(model.labels, ["Class 1", "Class 2"]);
      assertEquals([...model.files.keys()], ["model.json", "weights.bin"]);
      assertEquals([...model.companions.keys()], ["metadata.json"]);
      const { input, featureLength } = model;
      const declared: ImageModelInput = {
        kind: "image",
        height: size,
        width: size,
        channels,
        ...TEACHABLE_MACHINE_PREPROCESSING,
      };
      assertEquals(input, declared);
      // Teachable Machine's own head has a hidden layer of 100 units.
      assertEquals(featureLength, 100);
    },
  });
}

Deno.test({
  name: "a model of Teachable Machine tells its own samples apart (needs ../shared)",
  ignore: !isThere,
  fn: async () => {
    const modules = await loadEngineModules();
    const options = { tfjs: modules.tfjs, timeoutMs: 60_000 };
    const { labels, format, files, input } = await importModel(
      await readZip("image-model.zip"),
      options,
    );
    const engine = await InferenceEngine.start(modules);
    const backbone = {
      hash: "imported",
      role: "classifier",
      format,
      files,
      input,
    } as const;
    await engine.load({ id: "imported", backbone });
    const samples = await unzipFiles(await readZip("image-model-data.zip"), ARCHIVE_LIMITS);
    const query = { verb: "classify", topK: 1, threshold: 0 } as const;
    const task = { model: "imported", pixelsMax: 1e6, query };
    for (const [path, bytes] of samples) {
      const { answer } = await engine.run({ ...task, input: { kind: "image", bytes } });
      assert(answer.verb === "classify");
      assertEquals(labels[answer.predictions[0]?.index ?? -1], path.split("/")[0]);
    }
    assertEquals(samples.size, 22);
  },
});
