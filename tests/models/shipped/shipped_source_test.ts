import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { createShippedSource } from "../../../models/shipped/shipped_source.ts";

const WEIGHTS = new URL("../../../weights/", import.meta.url).pathname;

/** A copy of one shipped model with its manifest, to be damaged. */
async function copyWeights(name: string): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  const { models } = JSON.parse(await Deno.readTextFile(`${WEIGHTS}manifest.json`));
  const kept = models.filter((model: { name: string }) => model.name === name);
  await Deno.writeTextFile(`${path}/manifest.json`, JSON.stringify({ models: kept }));
  await Deno.mkdir(`${path}/${name}`);
  for (const file of ["model.json", "weights.bin"]) {
    await Deno.copyFile(`${WEIGHTS}${name}/${file}`, `${path}/${name}/${file}`);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("createShippedSource() lists, finds and reads the models of the repository", async () => {
  const source = await createShippedSource(WEIGHTS);
  await source.verify();
  const known = await source.find("motion-rnn");
  assert(known);
  assertEquals([known.isHere, known.description.classCount], [true, 4]);
  const { backbone, labels } = await source.read(known);
  assertEquals([...backbone.files.keys()], ["model.json", "weights.bin"]);
  assertEquals(labels, ["Badminton", "Running", "Standing", "Walking"]);
  const ids = (await source.list()).map(({ id }) => id);
  assert(ids.includes(known.id));
  assertEquals(await source.findHistory("motion-rnn"), {
    versions: [known],
    labels: { stable: 1 },
  });
  assertEquals(await source.find("nobody"), undefined);
  assertEquals(await source.findHistory("nobody"), undefined);
});

Deno.test("createShippedSource().verify() names the file that is damaged or gone", async () => {
  await using copy = await copyWeights("motion-rnn");
  const source = await createShippedSource(copy.path);
  const path = `${copy.path}/motion-rnn/weights.bin`;
  const bytes = await Deno.readFile(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await Deno.writeFile(path, bytes);
  const damaged = await assertRejects(
    () => source.verify(),
    ServiceError,
    "weights/motion-rnn/weights.bin is damaged",
  );
  await Deno.remove(path);
  await assertRejects(
    () => source.verify(),
    ServiceError,
    "weights/motion-rnn/weights.bin is missing",
  );
  assertEquals(damaged.code, "model_unusable");
  assert(!damaged.message.includes(copy.path), "A client has no business with the server's paths");
});
