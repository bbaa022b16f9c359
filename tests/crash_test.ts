/** Kills a process that writes, and looks for all that it had acknowledged. */
import { assert, assertEquals } from "@std/assert";
import { hashBytes, readBlob } from "../lib/storage/blobs.ts";
import type { Database } from "../lib/storage/database.ts";
import { listClasses, readDataset } from "../lib/storage/datasets/datasets.ts";
import { findModel, listModelFiles } from "../lib/storage/models/stored_models.ts";
import { openDatabase } from "../lib/storage/open_database.ts";

const ROUNDS = 20;
const WRITER = new URL("write_until_killed.ts", import.meta.url);

/** Lets the writer work for a random while and gives its whole lines. */
async function writeAndKill(dataDir: string): Promise<string[]> {
  const writer = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", `--allow-read=${dataDir}`, `--allow-write=${dataDir}`],
      ...[WRITER.href, dataDir],
    ],
    stdout: "piped",
  }).spawn();
  let output = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const text of writer.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    timer ??= setTimeout(() => writer.kill("SIGKILL"), Math.random() * 150);
  }
  const { signal } = await writer.status;
  assertEquals(signal, "SIGKILL");
  return output.split("\n").slice(0, -1);
}

async function assertSamples(database: Database, lines: readonly string[]): Promise<void> {
  for (const line of lines.filter((text) => text.startsWith("sample "))) {
    const [, id = "", sha256 = ""] = line.split(" ");
    const sample = await database.query.selectFrom("samples").select("sha256")
      .where("id", "=", id).executeTakeFirst();
    assertEquals(sample?.sha256, sha256);
    assertEquals(hashBytes(await readBlob(database, sha256) ?? new Uint8Array()), sha256);
  }
  const { id } = await readDataset(database, "pets");
  const { count } = await database.query.selectFrom("samples")
    .select(({ fn }) => fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  const counted = (await listClasses(database, id)).reduce((sum, entry) => sum + entry.samples, 0);
  assertEquals(counted, count);
}

/** Every version has its file, the label points to the newest, and the acknowledged ones are there. */
async function assertVersions(database: Database, lines: readonly string[]): Promise<void> {
  const model = await findModel(database, "pets");
  const numbers = model?.versions.map(({ version }) => version) ?? [];
  assertEquals(numbers, numbers.map((_, index) => index + 1));
  for (const line of lines.filter((text) => text.startsWith("version "))) {
    assert(numbers.includes(Number(line.split(" ")[1])), line);
  }
  if (numbers.length > 0) assertEquals(model?.labels, { stable: numbers.length });
  for (const version of numbers) {
    const [file] = await listModelFiles(database, { model: "pets", version });
    assert(file && await readBlob(database, file.sha256), `version ${version} has no file`);
  }
}

Deno.test(`what was acknowledged is there after kill -9, ${ROUNDS} times`, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lastlayer-" });
  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const lines = await writeAndKill(dataDir);
    acknowledged += lines.length;
    await using database = await openDatabase({ dataDir });
    await assertSamples(database, lines);
    await assertVersions(database, lines);
  }
  assert(acknowledged >= ROUNDS, `Only ${acknowledged} acknowledged`);
  await Deno.remove(dataDir, { recursive: true });
});
