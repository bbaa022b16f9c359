import { assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import {
  makeSingleHistory,
  type ModelHistory,
  selectDefault,
  selectVersion,
} from "../../models/model_history.ts";
import { ENTRY } from "../routes/test_app.ts";
import { makeKnown } from "./memory_source.ts";

const history: ModelHistory = {
  versions: [2, 3, 7].map((version) => makeKnown(ENTRY, { version })),
  labels: { stable: 3, canary: 7 },
};

Deno.test("selectVersion() finds a version by its number and by a label", () => {
  assertEquals(selectVersion(history, { version: 2 }).version, 2);
  assertEquals(selectVersion(history, { label: "stable" }).version, 3);
  assertEquals(selectVersion(history, { label: "canary" }).version, 7);
});

Deno.test("selectVersion() throws for what the model does not have, and lists what it has", () => {
  const faults = [
    [{ version: 1 }, "version 1 of model tiny: it has 2, 3, 7"],
    [{ label: "beta" }, '"beta": it has stable, canary'],
    // No name that every object has may pass for a label.
    [{ label: "constructor" }, "it has stable, canary"],
  ] as const;
  for (const [selector, message] of faults) {
    const error = assertThrows(() => selectVersion(history, selector), ServiceError, message);
    assertEquals(error.code, "version_not_found");
  }
  const unpublished = { ...history, labels: {} };
  assertThrows(
    () => selectVersion(unpublished, { label: "stable" }),
    ServiceError,
    "it has no labels",
  );
});

Deno.test("selectDefault() takes the published version, or else the newest", () => {
  assertEquals(selectDefault(history)?.version, 3);
  assertEquals(selectDefault({ ...history, labels: { canary: 2 } })?.version, 7);
});

Deno.test("makeSingleHistory() publishes the only version", () => {
  const known = makeKnown(ENTRY, { version: 4 });
  assertEquals(makeSingleHistory(known), { versions: [known], labels: { stable: 4 } });
});
