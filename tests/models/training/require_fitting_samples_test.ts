import { assertEquals, assertRejects } from "@std/assert";
import { encodeSeries, encodeVector } from "../../../lib/datasets/encode_values.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { openSqliteDatabase } from "../../../lib/storage/sqlite_database.ts";
import { requireFittingSamples } from "../../../models/training/require_fitting_samples.ts";
import { fillDataset } from "./training_fixtures.ts";

const INPUT = { kind: "series", channels: 2, stepsMax: 10 } as const;

Deno.test("requireFittingSamples() refuses series of other channels, with both numbers", async () => {
  await using database = await openSqliteDatabase(":memory:");
  const samples = [1, 2].map((value) => [encodeSeries([[value, 2, 3]]), "a"] as const);
  const dataset = await fillDataset(database, samples, { kind: "series" });
  const error = await assertRejects(
    () => requireFittingSamples(database, { model: "watch", input: INPUT, dataset }),
    ServiceError,
    "model watch as its samples must have 2 channels: those of dataset set have 3;",
  );
  assertEquals([error.code, error.param], ["invalid_value", "model"]);
  const input = { ...INPUT, channels: 3 };
  await requireFittingSamples(database, { model: "watch", input, dataset });
});

Deno.test("requireFittingSamples() lets a dataset pass of which one sample fits, or which is empty", async () => {
  await using database = await openSqliteDatabase(":memory:");
  const series = [[encodeSeries([[1, 2, 3]]), "a"], [encodeSeries([[1, 2]]), "b"]] as const;
  const mixed = await fillDataset(database, series, { kind: "series" });
  await requireFittingSamples(database, { model: "watch", input: INPUT, dataset: mixed });
  const empty = await fillDataset(database, [], { kind: "series", name: "empty" });
  await requireFittingSamples(database, { model: "watch", input: INPUT, dataset: empty });
});

Deno.test("requireFittingSamples() looks at the length of vectors", async () => {
  await using database = await openSqliteDatabase(":memory:");
  const vectors = [[encodeVector([1, 2, 3]), "a"]] as const;
  const dataset = await fillDataset(database, vectors, { kind: "vector" });
  const input = { kind: "vector", length: 2 } as const;
  await assertRejects(
    () => requireFittingSamples(database, { model: "points", input, dataset }),
    ServiceError,
    "2 numbers",
  );
});
