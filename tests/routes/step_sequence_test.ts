import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { SequenceStore } from "../../models/sequences/sequence_store.ts";
import {
  acquireForSequence,
  acquireStateful,
  runPiece,
  stepSequence,
} from "../../routes/step_sequence.ts";
import { createShippedApp } from "../shipped_app.ts";
import { makeRows, MODEL } from "./sequence_fixtures.ts";

const sequences = new SequenceStore({ sequencesMax: 10, timeToLiveMs: 60_000 });
const { pool, services } = await createShippedApp({ sequences });
const { signal } = new AbortController();
const query = { topK: 4, threshold: 0 };
Deno.test.afterAll(() => pool.close());

function makePiece(steps: number, seed: number) {
  return { kind: "series", values: Float32Array.from(makeRows(steps, seed).flat()) } as const;
}

Deno.test("acquireStateful() leases a model that has a state, and no other", async () => {
  using lease = await acquireStateful(services, { target: MODEL, signal });
  assert(lease.model.report.stateLength > 0);
  const error = await assertRejects(
    () => acquireStateful(services, { target: "edge-cnn", signal }),
    ServiceError,
  );
  assertEquals(error.code, "invalid_value");
});

Deno.test("runPiece() goes from state to state and leaves the state before it whole", async () => {
  using lease = await acquireStateful(services, { target: MODEL, signal });
  const { model } = lease;
  const begin = { state: undefined, steps: 0 };
  const first = await runPiece(
    services,
    { model, input: makePiece(3, 1), query, before: begin },
    signal,
  );
  const { after: before } = first;
  const copy = before.state.slice();
  const run = () => runPiece(services, { model, input: makePiece(2, 2), query, before }, signal);
  const { result, after } = await run();
  assertEquals(after.steps, 5);
  assertEquals(before.state, copy);
  assertEquals((await run()).result.answer, result.answer);
});

Deno.test("runPiece() refuses what has no steps", async () => {
  using lease = await acquireStateful(services, { target: MODEL, signal });
  const input = { kind: "vector", values: Float32Array.of(1) } as const;
  const before = { state: undefined, steps: 0 };
  await assertRejects(
    () => runPiece(services, { model: lease.model, input, query, before }, signal),
    TypeError,
    "found vector",
  );
});

Deno.test("stepSequence() has no effect once the sequence was deleted", async () => {
  using lease = await acquireStateful(services, { target: MODEL, signal });
  const { model } = lease;
  const address = sequences.create({ owner: "", model: MODEL, version: 1, modelId: model.id });
  using turn = sequences.enter(address);
  const pending = stepSequence(services, { turn, model, input: makePiece(1, 3), query }, signal);
  await Promise.resolve();
  sequences.delete(address);
  const error = await assertRejects(() => pending, ServiceError);
  assertEquals(error.code, "sequence_deleted");
});

Deno.test("acquireForSequence() ends a sequence whose version is another by now", async () => {
  const sequence = sequences.create({
    owner: "",
    model: MODEL,
    version: 1,
    modelId: "an older one",
  });
  const acquire = () => acquireForSequence(services, { sequence, signal });
  const error = await assertRejects(acquire, ServiceError);
  assertEquals(error.code, "sequence_deleted");
  assertEquals(sequences.list({ model: MODEL, owner: "" }), []);
});
