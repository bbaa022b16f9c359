import { assertEquals, assertMatch } from "@std/assert";
import { readFixture } from "../lib/images/fixture_pictures.ts";
import { addText, createDatasetApp, makeDataset, readStore, sendJson } from "./dataset_fixtures.ts";

const SAMPLES = "/v1/datasets/pets/samples";

Deno.test("GET samples lists page by page, and one class alone", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets");
  const ids: string[] = [];
  for (const [text, className] of [["1", "cats"], ["2", "dogs"], ["3", "cats"]] as const) {
    ids.push(await addText(test, "pets", [text, className]));
  }
  const read = async (query: string) => {
    const { samples, has_more } = await (await test.app.request(`${SAMPLES}${query}`)).json();
    return [has_more, ...samples.map(({ id }: { id: string }) => ids.indexOf(id))];
  };
  assertEquals(await read(""), [false, 0, 1, 2]);
  assertEquals(await read("?limit=2"), [true, 0, 1]);
  assertEquals(await read(`?limit=2&after=${ids[1]}`), [false, 2]);
  assertEquals(await read("?class=cats&limit=1"), [true, 0]);
  assertEquals(await read(`?class=cats&after=${ids[0]}`), [false, 2]);
  assertEquals(await read("?class=birds"), [false]);
});

Deno.test("GET a sample says what it is", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets");
  const id = await addText(test, "pets", ["abc", "cats"]);
  const sample = await (await test.app.request(`${SAMPLES}/${id}`)).json();
  assertMatch(sample.id, /^sample-[0-9a-f]{24}$/);
  assertEquals({ ...sample, created_at: 0 }, {
    id,
    class: "cats",
    name: "sample",
    bytes: 3,
    // The test vector of FIPS 180-4.
    sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    created_at: 0,
    urls: {
      self: `http://localhost${SAMPLES}/${id}`,
      content: `http://localhost${SAMPLES}/${id}/content`,
    },
  });
});

Deno.test("GET the content of a sample gives back what was uploaded", async () => {
  await using test = await createDatasetApp();
  for (
    const [kind, content, type] of [
      ["image", readFixture("baseline.jpg"), "image/jpeg"],
      ["image", readFixture("alpha.png"), "image/png"],
      ["image", readFixture("lossy.webp"), "image/webp"],
      ["text", new TextEncoder().encode("wörd"), "text/plain; charset=utf-8"],
      ["series", new TextEncoder().encode("1,2\n3.5,-4\n"), "text/csv; charset=utf-8"],
      ["vector", new TextEncoder().encode("1,2.5\n"), "text/csv; charset=utf-8"],
    ] as const
  ) {
    const path = `/v1/datasets/${crypto.randomUUID()}`;
    await makeDataset(test, path.slice(13), kind);
    await test.app.request(`${path}/samples?class=a`, {
      method: "POST",
      body: new Uint8Array(content),
      headers: { "Content-Type": "application/octet-stream" },
    });
    const { samples } = await (await test.app.request(`${path}/samples`)).json();
    const response = await test.app.request(samples[0].urls.content);
    assertEquals(response.headers.get("Content-Type"), type);
    assertEquals(response.headers.get("X-Content-Type-Options"), "nosniff");
    assertEquals(new Uint8Array(await response.arrayBuffer()), new Uint8Array(content));
  }
});

Deno.test("PATCH puts a sample into another class", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets");
  const id = await addText(test, "pets", ["meow", "dogs"]);
  const response = await sendJson(test, `${SAMPLES}/${id}`, {
    method: "PATCH",
    body: { class: " cats " },
  });
  assertEquals([response.status, (await response.json()).class], [200, "cats"]);
  const { classes } = await (await test.app.request("/v1/datasets/pets")).json();
  assertEquals(classes, [{ class: "cats", samples: 1, bytes: 4 }]);
});

Deno.test("PATCH refuses what breaks a rule, and changes nothing", async () => {
  await using test = await createDatasetApp({ CLASSES_MAX: "2" });
  await makeDataset(test, "pets");
  const id = await addText(test, "pets", ["meow", "cats"]);
  await addText(test, "pets", ["meow", "dogs"]);
  await addText(test, "pets", ["purr", "cats"]);
  const before = await readStore(test);
  for (
    const [body, status, code] of [
      [{ class: "dogs" }, 409, "already_exists"],
      [{ class: "birds" }, 409, "limit_reached"],
      [{ class: " " }, 422, "invalid_sample"],
      [{ class: "a\nb" }, 422, "invalid_sample"],
      [{ class: "a".repeat(101) }, 422, "invalid_sample"],
      [{ class: 1 }, 422, "invalid_value"],
      [{ name: "a" }, 422, "invalid_value"],
    ] as const
  ) {
    const response = await sendJson(test, `${SAMPLES}/${id}`, { method: "PATCH", body });
    assertEquals([response.status, (await response.json()).code], [status, code], `${body}`);
  }
  assertEquals(await readStore(test), before);
});

Deno.test("DELETE removes a sample with its bytes", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets");
  await addText(test, "pets", ["meow", "cats"]);
  const before = await readStore(test);
  const id = await addText(test, "pets", ["woof", "dogs"]);
  const path = `${SAMPLES}/${id}`;
  assertEquals((await test.app.request(path, { method: "DELETE" })).status, 204);
  assertEquals(await readStore(test), before);
});

Deno.test("the routes of a sample answer 404 for one that is not in the dataset", async () => {
  await using test = await createDatasetApp();
  await makeDataset(test, "pets");
  await makeDataset(test, "others");
  const id = await addText(test, "others", ["meow", "cats"]);
  const before = await readStore(test);
  const body = JSON.stringify({ class: "a" });
  for (const [dataset, code] of [["pets", "sample_not_found"], ["none", "dataset_not_found"]]) {
    const path = `/v1/datasets/${dataset}/samples`;
    const answers = [
      await test.app.request(`${path}?after=${id}`),
      await test.app.request(`${path}/${id}`),
      await test.app.request(`${path}/${id}/content`),
      await test.app.request(`${path}/${id}`, { method: "PATCH", body }),
      await test.app.request(`${path}/${id}`, { method: "DELETE" }),
    ];
    for (const answer of answers) {
      assertEquals([answer.status, (await answer.json()).code], [404, code]);
    }
  }
  assertEquals(await readStore(test), before);
});
