import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { appendEvent, listEvents } from "../../../../lib/storage/jobs/job_events.ts";
import { readJob } from "../../../../lib/storage/jobs/jobs.ts";
import { makeDataset, makeJob } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

testWithDatabase("appendEvent() numbers the events of each job from 1", async (database) => {
  const dataset = await makeDataset(database);
  const { id: jobId } = await makeJob(database, dataset.id);
  const other = await makeJob(database, dataset.id);
  await appendEvent(database, { jobId, message: "Created", eventsMax: 10 });
  await appendEvent(database, { jobId: other.id, message: "Other", eventsMax: 10 });
  const metrics = { loss: 0.5 };
  await appendEvent(database, { jobId, level: "warn", message: "Step", metrics, eventsMax: 10 });
  const events = await listEvents(database, { jobId, after: 0, limit: 10 });
  assertEquals(
    events.map(({ createdAt: _, ...event }) => event),
    [
      { sequence: 1, level: "info", type: "message", message: "Created", data: null },
      { sequence: 2, level: "warn", type: "metrics", message: "Step", data: metrics },
    ],
  );
  assertEquals((await readJob(database, jobId)).lastEvent, 2);
});

testWithDatabase(
  "appendEvent() gives events that come at once numbers without gaps",
  async (database) => {
    const dataset = await makeDataset(database);
    const { id: jobId } = await makeJob(database, dataset.id);
    const messages = Array.from({ length: 20 }, (_, index) => `message ${index}`);
    await Promise.all(
      messages.map((message) => appendEvent(database, { jobId, message, eventsMax: 100 })),
    );
    const events = await listEvents(database, { jobId, after: 0, limit: 100 });
    assertEquals(events.map(({ sequence }) => sequence), messages.map((_, index) => index + 1));
    assertEquals(events.map(({ message }) => message).sort(), messages.toSorted());
  },
);

testWithDatabase("listEvents() goes on after an event, up to the limit", async (database) => {
  const dataset = await makeDataset(database);
  const { id: jobId } = await makeJob(database, dataset.id);
  for (const message of ["a", "b", "c", "d"]) {
    await appendEvent(database, { jobId, message, eventsMax: 3 });
  }
  const read = async (after: number, limit: number) =>
    (await listEvents(database, { jobId, after, limit })).map(({ message }) => message);
  // The oldest was dropped.
  assertEquals(await read(0, 10), ["b", "c", "d"]);
  assertEquals(await read(2, 1), ["c"]);
  assertEquals(await read(4, 10), []);
});

testWithDatabase("appendEvent() refuses an unknown job", async (database) => {
  const error = await assertRejects(
    () => appendEvent(database, { jobId: "none", message: "a", eventsMax: 3 }),
    ServiceError,
  );
  assertEquals(error.code, "job_not_found");
});
