import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { ModelDirectory, requireHere } from "../../models/model_directory.ts";
import type { KnownModel } from "../../models/model_source.ts";
import { ABSENT_ENTRY, ENTRY } from "../routes/test_app.ts";
import { createMemorySource, makeKnown, NO_BACKBONE } from "./memory_source.ts";

const versions = [1, 2, 3].map((version) => makeKnown({ ...ENTRY, name: "pets" }, { version }));

/** A source of models that come with the service, and one that has three versions of one model. */
function makeDirectory(fixed: KnownModel[] = [makeKnown(ENTRY)]): ModelDirectory {
  const stored = createMemorySource(
    [...versions.slice(-1), makeKnown({ ...ENTRY, licence: "?" })],
    {
      isFixed: false,
      findHistory: (name) =>
        Promise.resolve(name === "pets" ? { versions, labels: { stable: 2, old: 1 } } : undefined),
      read: ({ version }) => Promise.resolve({ backbone: NO_BACKBONE, labels: [`v${version}`] }),
    },
  );
  return new ModelDirectory([createMemorySource(fixed), stored]);
}

Deno.test("ModelDirectory gives a name to the first source that has it", async () => {
  const directory = makeDirectory();
  const listed = (await directory.list()).map(({ description: { name, licence } }) => {
    return [name, licence];
  });
  assertEquals(listed, [["tiny", "MIT"], ["pets", "MIT"]]);
  assertEquals((await directory.find("tiny")).description.licence, "MIT");
  assertEquals((await directory.findHistory("pets")).labels, { stable: 2, old: 1 });
});

Deno.test("ModelDirectory.select() finds the published version, or the one that is meant", async () => {
  const directory = makeDirectory();
  const select = async (selector?: { version: number } | { label: string }) =>
    (await directory.select({ name: "pets", ...(selector && { selector }) })).known.version;
  assertEquals(await select(), 2);
  assertEquals(await select({ version: 3 }), 3);
  assertEquals(await select({ label: "old" }), 1);
  const error = await assertRejects(() => select({ version: 9 }), ServiceError);
  assertEquals(error.code, "version_not_found");
});

Deno.test("ModelDirectory.read() reads the version that is meant from its own source", async () => {
  const target = { name: "pets", selector: { version: 3 } };
  const { known, content } = await makeDirectory().read(target);
  assertEquals([known.version, content.labels], [3, ["v3"]]);
});

Deno.test("ModelDirectory throws for names that no source has", async () => {
  const directory = makeDirectory();
  const asks = [
    () => directory.find("x"),
    () => directory.findHistory("x"),
    () => directory.select({ name: "x" }),
  ];
  for (const ask of asks) {
    const error = await assertRejects(ask, ServiceError);
    assertEquals(error.code, "model_not_found");
  }
});

Deno.test("ModelDirectory.requireChangeable() refuses names of models that come with the service", async () => {
  const directory = makeDirectory();
  for (const name of ["tiny", "none"]) {
    const error = await assertRejects(() => directory.requireChangeable(name), ServiceError);
    assertEquals(error.code, "conflict");
  }
  await directory.requireChangeable("pets");
  await directory.requireChangeable("new-name");
});

Deno.test("ModelDirectory.refresh() tells the sources that can", () => {
  const refreshed: string[] = [];
  const source = createMemorySource([], { refresh: (name) => void refreshed.push(name) });
  new ModelDirectory([createMemorySource([]), source]).refresh("pets");
  assertEquals(refreshed, ["pets"]);
});

Deno.test("requireHere() names the model to be pulled", async () => {
  const known = makeKnown(ABSENT_ENTRY, { isHere: false });
  const read = () => makeDirectory([known]).read({ name: "absent" });
  const error = await assertRejects(read, ServiceError, "deno task pull absent");
  assertEquals(error.code, "model_not_pulled");
  assertThrows(
    () => requireHere({ ...known, base: "mobilenet-v2" }),
    ServiceError,
    'Cannot run model absent as its files are not here: run "deno task pull mobilenet-v2"',
  );
});

Deno.test("ModelDirectory.verify() passes on what a source finds damaged", async () => {
  const damaged = createMemorySource([], {
    verify: () => Promise.reject(new ServiceError("model_unusable", "a.bin")),
  });
  await assertRejects(() => new ModelDirectory([damaged]).verify(), ServiceError, "a.bin");
});
