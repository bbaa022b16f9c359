import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { fileSources, SourceError } from "../../../models/hub/file_source.ts";
import { pullModel } from "../../../models/hub/pull_model.ts";
import { isPulled } from "../../../models/hub/pulled_files.ts";
import { makeDataDir, serveRange, startLocalHub } from "./local_hub.ts";

const OPTIONS = { idleTimeoutMs: 1000, fetch };
const FILE = { url: "http://127.0.0.1:1/model", sha256: "0".repeat(64), bytes: 10 };

Deno.test("fileSources() names the public address alone without a mirror", () => {
  for (const hubMirror of [undefined, ""]) {
    const names = fileSources(FILE, { ...OPTIONS, hubMirror }).map((source) => source.name);
    assertEquals(names, [FILE.url]);
  }
});

Deno.test("fileSources() keeps passwords and tokens of a mirror out of its name", () => {
  const hubMirror = "https://user:secret@hub.example/models/?token=secret";
  const [mirror] = fileSources(FILE, { ...OPTIONS, hubMirror });
  assertEquals(mirror?.name, `mirror https://hub.example/models/${FILE.sha256}`);
  assertEquals(mirror?.origin, "mirror https://hub.example");
});

Deno.test("fileSources() throws for a mirror that is neither a folder nor an http(s) URL", () => {
  for (const hubMirror of ["file:///srv/hub", "http://", "ftp://hub.example/"]) {
    assertThrows(
      () => fileSources(FILE, { ...OPTIONS, hubMirror }),
      SyntaxError,
      `Cannot use HUB_MIRROR as it must be a folder or an http(s) base URL: current value is`,
    );
  }
});

Deno.test("fileSources() reads a folder from any offset", async () => {
  await using data = await makeDataDir();
  await Deno.writeTextFile(join(data.path, FILE.sha256), "0123456789");
  const [mirror] = fileSources(FILE, { ...OPTIONS, hubMirror: data.path });
  assert(mirror);
  const chunks = await Array.fromAsync(mirror.read(7, new AbortController().signal));
  assertEquals(chunks, [{ offset: 7, bytes: new TextEncoder().encode("789") }]);
});

Deno.test("fileSources() refuses a folder without the file", async () => {
  await using data = await makeDataDir();
  const [mirror] = fileSources(FILE, { ...OPTIONS, hubMirror: data.path });
  assert(mirror);
  await assertRejects(
    () => Array.fromAsync(mirror.read(0, new AbortController().signal)),
    SourceError,
    "has no such file",
  );
});

Deno.test("pullModel() asks a mirror's base URL first, with or without a closing slash", async () => {
  await using mirror = startLocalHub();
  const entry = { ...mirror.entry };
  for (const hubMirror of [mirror.url, `${mirror.url}/`]) {
    await using data = await makeDataDir();
    mirror.requests.length = 0;
    await pullModel(entry, { dataDir: data.path, hubMirror });
    assertEquals(mirror.requests, [
      `/${entry.files.labels.sha256} whole`,
      `/${entry.files.model.sha256} whole`,
    ]);
  }
});

Deno.test("pullModel() goes on to the public address when the mirror is wrong or gone", async () => {
  await using hub = startLocalHub();
  await using wrongFolder = await makeDataDir();
  await Deno.writeFile(
    join(wrongFolder.path, hub.entry.files.model.sha256),
    hub.model.toReversed(),
  );
  await using broken = startLocalHub({ answer: () => new Response(null, { status: 503 }) });
  const gone = startLocalHub();
  await gone[Symbol.asyncDispose]();
  const mirrors = [
    { hubMirror: wrongFolder.path, warning: "sent other content than the catalogue says" },
    { hubMirror: broken.url, warning: "answered 503" },
    { hubMirror: gone.url, warning: "Connection refused" },
    { hubMirror: "/no/such/folder", warning: "mirror /no/such/folder has no such file" },
  ];
  for (const { hubMirror, warning } of mirrors) {
    await using data = await makeDataDir();
    const warnings: string[] = [];
    const result = await pullModel(hub.entry, {
      dataDir: data.path,
      hubMirror,
      onWarning: (message) => warnings.push(message),
    });
    assert(await isPulled(hub.entry, data.path), hubMirror);
    assert(result.origins.includes(new URL(hub.url).host), hubMirror);
    assert(warnings.some((message) => message.includes(warning)), warnings.join("\n"));
  }
});

Deno.test("pullModel() asks servers for uncompressed bytes", async () => {
  const encodings = new Set<string | null>();
  await using hub = startLocalHub({
    answer: (request, model) => {
      encodings.add(request.headers.get("accept-encoding"));
      return serveRange(request, model);
    },
  });
  await using data = await makeDataDir();
  await pullModel(hub.entry, { dataDir: data.path });
  assertEquals([...encodings], ["identity"]);
});

Deno.test("pullModel() sends a mirror's password as the URL gives it", async () => {
  let authorization: string | null = null;
  await using mirror = startLocalHub({
    answer: (request, model) => {
      authorization = request.headers.get("authorization");
      return serveRange(request, model);
    },
  });
  await using data = await makeDataDir();
  const hubMirror = mirror.url.replace("://", "://user:secret@");
  await pullModel(mirror.entry, { dataDir: data.path, hubMirror });
  assertEquals(authorization, `Basic ${btoa("user:secret")}`);
});
