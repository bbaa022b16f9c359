import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { existsSync } from "node:fs";
import { unzipFiles } from "../lib/archives/unzip_files.ts";
import { openSqliteDatabase } from "../lib/storage/sqlite_database.ts";
import { ARCHIVE_LIMITS } from "../models/archive/model_archive.ts";
import { publishTrained } from "./models/stored/stored_fixtures.ts";
import { readFixture } from "./models/tiny_model.ts";
import { testOnEachEngine } from "./lib/storage/test_databases.ts";
import { createStoredApp, type StoredApp } from "./stored_app.ts";

const PICTURE = readFixture("baseline.jpg");

const ZIPS = new URL("../../shared/teachable-machine/", import.meta.url);
const SKIPPED = existsSync(ZIPS) ? "" : ", skipped: ../shared/teachable-machine is absent";

interface Answer {
  status: number;
  version?: number;
  label?: string;
}

async function classify({ app }: StoredApp, path = "pets"): Promise<Answer> {
  const response = await app.request(`/v1/models/${path}:classify`, {
    method: "POST",
    body: PICTURE.slice(),
  });
  const { version, predictions } = await response.json();
  return { status: response.status, version, label: predictions?.[0]?.label };
}

async function publish({ app }: StoredApp, version: number): Promise<void> {
  const response = await app.request("/v1/models/pets/labels/stable", {
    method: "PUT",
    body: JSON.stringify({ version }),
  });
  assertEquals((await response.json()).version, version);
}

testOnEachEngine("a label that moves under load drops no request", async (place) => {
  await using database = await place.open();
  using service = await createStoredApp(database, { size: 2 });
  // Versions 1 and 2 see only cats, 3 and 4 only dogs.
  for (const choice of [0, 0, 1, 1]) await publishTrained(database, { choice });
  await publish(service, 1);
  const answers: Answer[] = [];
  let isMoving = true;
  const clients = Array.from({ length: 6 }, async () => {
    while (isMoving) answers.push(await classify(service));
  });
  const seen = new Set<number>();
  for (let move = 0; move < 12; move++) {
    const version = move % 4 + 1;
    await publish(service, version);
    // A request that comes after the move gets the new version.
    const answer = await classify(service);
    assertEquals(answer, { status: 200, version, label: version > 2 ? "dog" : "cat" });
    seen.add(version);
  }
  isMoving = false;
  await Promise.all(clients);
  assertEquals(seen.size, 4);
  assert(answers.length >= 12, `${answers.length} requests`);
  for (const { status, version = 0, label } of answers) {
    assertEquals([status, label], [200, version > 2 ? "dog" : "cat"]);
  }
});

testOnEachEngine(
  "versions make room for each other, and their tensors go with them",
  async (place) => {
    await using database = await place.open();
    using service = await createStoredApp(database, { environment: { MODELS_LOADED_MAX: "2" } });
    for (const choice of [0, 1, 0, 1]) await publishTrained(database, { choice });
    const tensors: number[] = [];
    for (let round = 0; round < 12; round++) {
      assertEquals((await classify(service, `pets/versions/${round % 4 + 1}`)).status, 200);
      tensors.push(service.pool.status().memory[0]?.tensors ?? NaN);
    }
    // Two heads on one network from the second request on.
    assertEquals(new Set(tensors.slice(1)).size, 1);
    assertLessOrEqual(tensors[1] ?? NaN, (tensors[0] ?? NaN) + 2);
  },
);

testOnEachEngine(
  "a version in flight is answered, though it is deleted meanwhile",
  async (place) => {
    await using database = await place.open();
    using service = await createStoredApp(database);
    await publishTrained(database, { choice: 0 });
    await publishTrained(database, { choice: 1 });
    await classify(service, "pets/versions/1");
    const inFlight = Array.from({ length: 8 }, () => classify(service, "pets/versions/1"));
    const deleted = await service.app.request("/v1/models/pets/versions/1", { method: "DELETE" });
    assertEquals(deleted.status, 204);
    const statuses = new Set((await Promise.all(inFlight)).map(({ status }) => status));
    assert(statuses.has(200), `${[...statuses]}`);
    // Those that had not found the version yet were told so.
    statuses.delete(200);
    assert(statuses.size === 0 || statuses.has(404), `${[...statuses]}`);
    assertEquals((await classify(service, "pets/versions/1")).status, 404);
    assertEquals((await classify(service)).version, 2);
  },
);

testOnEachEngine(
  "replicas over one database notice new versions, labels and deletions",
  async (place) => {
    await using here = await place.open();
    // SQLite has one server; a second app over its connection stands for the part that can be shared.
    await using second = here.engine === "sqlite" ? undefined : await place.open();
    using first = await createStoredApp(here);
    using other = await createStoredApp(second ?? here);
    const waitFor = async (expected: Partial<Answer>) => {
      const deadline = Date.now() + 10_000;
      while (true) {
        const { status, version } = await classify(other);
        if (status === expected.status && version === expected.version) return;
        assert(Date.now() < deadline, `${status} ${version}`);
        await new Promise((done) => setTimeout(done, 5));
      }
    };
    assertEquals((await classify(other)).status, 404);
    await publishTrained(here);
    await waitFor({ status: 200, version: 1 });
    await publishTrained(here, { choice: 1 });
    await waitFor({ status: 200, version: 2 });
    await publish(first, 1);
    await waitFor({ status: 200, version: 1 });
    const response = await first.app.request("/v1/models/pets", { method: "DELETE" });
    assertEquals(response.status, 204);
    await waitFor({ status: 404 });
  },
);

Deno.test({
  name: `Teachable Machine's own zips are imported, answer, and come back as they were${SKIPPED}`,
  ignore: SKIPPED !== "",
  async fn() {
    await using database = await openSqliteDatabase(":memory:");
    using service = await createStoredApp(database);
    for (const name of ["image-model", "tiny-image-model"]) {
      const zip = await Deno.readFile(new URL(`${name}.zip`, ZIPS));
      const sent = await unzipFiles(zip, ARCHIVE_LIMITS);
      const made = await service.app.request(`/v1/models?name=${name}`, {
        method: "POST",
        body: zip,
      });
      assertEquals([made.status, (await made.json()).labels], [201, ["Class 1", "Class 2"]]);
      assertEquals((await classify(service, name)).status, 200);
      const exported = await service.app.request(`/v1/models/${name}/export`);
      const files = await unzipFiles(new Uint8Array(await exported.arrayBuffer()), ARCHIVE_LIMITS);
      assertEquals(new Map([...files].sort()), new Map([...sent].sort()));
    }
  },
});
