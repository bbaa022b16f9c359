/**
 * Stores samples and versions in a data folder until it is killed, and writes a line for each once it
 * is acknowledged: `sample ID SHA256` or `version NUMBER`. For `crash_test.ts`.
 */
import { openDatabase } from "../lib/storage/open_database.ts";
import { addSamples } from "../lib/storage/datasets/add_samples.ts";
import { hashBytes } from "../lib/storage/blobs.ts";
import { createDataset, findDataset } from "../lib/storage/datasets/datasets.ts";
import { publishVersion } from "../lib/storage/models/publish_version.ts";

const [dataDir = ""] = Deno.args;
const database = await openDatabase({ dataDir });
const { id } = await findDataset(database, "pets") ??
  await createDataset(database, { name: "pets", kind: "image", datasetsMax: 1 });
const limits = { samplesMax: 1_000_000, bytesMax: 1e12, classesMax: 10 };

function acknowledge(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

while (true) {
  const samples = Array.from({ length: 5 }, (_, index) => ({
    name: "random",
    class: `class ${index}`,
    bytes: crypto.getRandomValues(new Uint8Array(20_000)),
  }));
  const outcomes = await addSamples(database, { datasetId: id, samples, limits });
  outcomes.forEach((outcome, index) => {
    if (outcome.status !== "accepted") throw new Error(outcome.status);
    acknowledge(`sample ${outcome.id} ${hashBytes(samples[index]?.bytes ?? new Uint8Array())}`);
  });
  const bytes = crypto.getRandomValues(new Uint8Array(10_000));
  const { version } = await publishVersion(database, {
    model: "pets",
    head: crypto.getRandomValues(new Uint8Array(1000)),
    card: {},
    files: { "model.json": { bytes, sha256: hashBytes(bytes) } },
    labels: ["stable"],
    limits: { modelsMax: 1, versionsMax: 1_000_000 },
  });
  acknowledge(`version ${version}`);
}
