import { assert, assertEquals, assertMatch } from "@std/assert";
import { CATALOG, findCatalogEntry, type RemoteFile } from "../../models/catalog.ts";
import { parseLabels } from "../../models/hub/parse_labels.ts";

const sharedHub = new URL("../../../shared/hub/", import.meta.url);
const hasSharedHub = await Deno.stat(sharedHub).then(() => true, () => false);

Deno.test("CATALOG has valid and unique names, hashes, sizes and addresses", () => {
  const names = CATALOG.map((entry) => entry.name);
  assertEquals(names, [...new Set(names)]);
  for (const entry of CATALOG) {
    assertMatch(entry.name, /^[a-z0-9][a-z0-9._-]{0,63}$/);
    for (const file of Object.values(entry.files)) {
      assertMatch(file.sha256, /^[0-9a-f]{64}$/);
      assert(Number.isInteger(file.bytes) && file.bytes > 0);
      // A branch could change its content; a commit cannot.
      assertMatch(file.url, /^https:\/\/.*\/[0-9a-f]{40}\//);
    }
  }
});

Deno.test("CATALOG maps 8-bit channels to -1..1", () => {
  for (const { input: { scale, offset, cropFraction } } of CATALOG) {
    assertEquals([0 * scale + offset, 255 * scale + offset], [-1, 1]);
    assert(cropFraction > 0 && cropFraction <= 1);
  }
});

Deno.test("findCatalogEntry() finds an entry by its whole name only", () => {
  assertEquals(findCatalogEntry("mobilenet-v2")?.name, "mobilenet-v2");
  for (const name of ["", "mobilenet", "Mobilenet-v2", "constructor"]) {
    assertEquals(findCatalogEntry(name), undefined);
  }
});

Deno.test({
  name: "CATALOG agrees with the index of the shared hub",
  ignore: !hasSharedHub,
  fn: async () => {
    const index = JSON.parse(await Deno.readTextFile(new URL("index.json", sharedHub)));
    const known = new Map<string, RemoteFile & { licence: string }>();
    for (const file of index) known.set(file.url, file);
    for (const entry of CATALOG) {
      for (const file of Object.values(entry.files)) {
        const { sha256, bytes, licence } = known.get(file.url) ?? {};
        assertEquals({ sha256, bytes, licence }, {
          sha256: file.sha256,
          bytes: file.bytes,
          licence: entry.licence,
        });
      }
    }
  },
});

Deno.test({
  name: "CATALOG counts the classes of the label file, background first",
  ignore: !hasSharedHub,
  fn: async () => {
    for (const { files, classCount } of CATALOG) {
      const bytes = await Deno.readFile(new URL(files.labels.sha256, sharedHub));
      const labels = parseLabels(bytes, classCount);
      assertEquals(labels.slice(0, 2), ["background", "tench, Tinca tinca"]);
      assertEquals(labels.at(-1), "toilet tissue, toilet paper, bathroom tissue");
    }
  },
});
