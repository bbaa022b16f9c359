import { assertEquals } from "@std/assert";
import { makeManifest } from "../../training/write_manifest.ts";
import { createShippedApp } from "../shipped_app.ts";

const WEIGHTS = new URL("../../weights/", import.meta.url);

Deno.test("weights/manifest.json is what `deno task manifest` writes", async () => {
  const text = await Deno.readTextFile(new URL("manifest.json", WEIGHTS));
  assertEquals(text, await makeManifest());
});

Deno.test("every folder of weights/ is in the manifest", async () => {
  const folders = [...Deno.readDirSync(WEIGHTS)].filter(({ isDirectory }) => isDirectory);
  const { models } = JSON.parse(await makeManifest());
  const names = models.map(({ name }: { name: string }) => name);
  assertEquals(folders.map(({ name }) => name).sort(), names.sort());
});

Deno.test("the manifest has every verb that the service answers", async () => {
  const { models } = JSON.parse(await makeManifest());
  const { app, pool } = await createShippedApp();
  for (const { name, verbs } of models) {
    const served = await (await app.request(`/v1/models/${name}`)).json();
    assertEquals(verbs, served.verbs, name);
  }
  pool.close();
});
