import { assertEquals } from "@std/assert";
import { FixedBackbones } from "../../../models/stored/fixed_backbones.ts";
import { ENTRY } from "../../routes/test_app.ts";
import { createMemorySource, makeKnown } from "../memory_source.ts";

Deno.test("FixedBackbones finds a backbone by its hash, whatever its model is called", async () => {
  const known = { ...makeKnown({ ...ENTRY, name: "second" }), backboneSha256: "b" };
  const [first, second] = [createMemorySource([makeKnown(ENTRY)]), createMemorySource([known])];
  const backbones = new FixedBackbones([first, second]);
  assertEquals(await backbones.find("b"), { source: second, known });
  assertEquals(await backbones.find("c"), undefined);
});

Deno.test("FixedBackbones asks again until the files are here, for that model alone", async () => {
  const models = [makeKnown(ENTRY, { isHere: false })];
  const asked: string[] = [];
  const source = createMemorySource(models, {
    list() {
      asked.push("list");
      return Promise.resolve(models);
    },
    find(name) {
      asked.push(name);
      return Promise.resolve(models[0]);
    },
  });
  const backbones = new FixedBackbones([source]);
  const isHere = async () => (await backbones.find("0"))?.known.isHere;
  assertEquals(await isHere(), false);
  models[0] = makeKnown(ENTRY);
  assertEquals([await isHere(), await isHere()], [true, true]);
  assertEquals(asked, ["list", "tiny", "tiny"]);
});
