import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { findCatalogEntry } from "../../../models/catalog.ts";
import { pullModel, type PullProgress } from "../../../models/hub/pull_model.ts";
import { isPulled, readPulledFiles } from "../../../models/hub/pulled_files.ts";
import {
  listNames,
  type LocalHubOptions,
  makeDataDir,
  serveAndFallSilent,
  serveRange,
  serveTruncated,
  startLocalHub,
} from "./local_hub.ts";

const sharedHub = new URL("../../../../shared/hub", import.meta.url).pathname;
const hasSharedHub = await Deno.stat(sharedHub).then(() => true, () => false);

Deno.test("pullModel() stores both files under their SHA-256 and reports progress", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  const { model, labels } = hub.entry.files;
  const progress: PullProgress[] = [];
  const result = await pullModel(hub.entry, {
    dataDir: data.path,
    onProgress: (state) => progress.push(state),
  });
  assertEquals(result.origins, [new URL(hub.url).host]);
  assertEquals(listNames(data.hub), [model.sha256, labels.sha256].sort());
  assertEquals(await Deno.readFile(join(data.hub, model.sha256)), hub.model);
  assertEquals(progress.at(-1), { file: "model", receivedBytes: 200_000, totalBytes: 200_000 });
  assert(await isPulled(hub.entry, data.path));
});

Deno.test("pullModel() asks no server when the files are there", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  await pullModel(hub.entry, { dataDir: data.path });
  const before = hub.requests.length;
  const result = await pullModel(hub.entry, { dataDir: data.path });
  assertEquals(result.origins, []);
  assertEquals(hub.requests.length, before);
});

Deno.test("pullModel() replaces a file that was damaged on the disk", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  await pullModel(hub.entry, { dataDir: data.path });
  const path = join(data.hub, hub.entry.files.model.sha256);
  const damaged = hub.model.slice();
  damaged[1000] = (damaged[1000] ?? 0) ^ 1;
  await Deno.writeFile(path, damaged);
  const warnings: string[] = [];
  await pullModel(hub.entry, {
    dataDir: data.path,
    onWarning: (message) => warnings.push(message),
  });
  assertEquals(await Deno.readFile(path), hub.model);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0] ?? "", "is damaged");
});

Deno.test("pullModel() follows a redirect", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub({
    answer: (request, model) =>
      request.url.endsWith("/moved")
        ? serveRange(request, model)
        : new Response(null, { status: 302, headers: { location: "/moved" } }),
  });
  await pullModel(hub.entry, { dataDir: data.path });
  assert(await isPulled(hub.entry, data.path));
});

interface Refusal extends LocalHubOptions {
  title: string;
  message: string;
  /** Number of bytes that are kept for the next pull. */
  kept?: number;
}

const REFUSALS: Refusal[] = [
  {
    title: "a missing file",
    answer: () => new Response("no such file", { status: 404 }),
    message: "/model answered 404 Not Found",
  },
  {
    title: "a server's fault",
    answer: () => new Response(null, { status: 500 }),
    message: "/model answered 500 Internal Server Error",
  },
  {
    title: "a wrong hash",
    answer: (_, model) => new Response(model.toReversed()),
    message: "sent other content than the catalogue says: its SHA-256 is ",
  },
  {
    title: "a file that is too long",
    answer: (_, model) => new Response(new Blob([model, "x"])),
    message: "sent more than the 200000 bytes of the catalogue",
  },
  {
    title: "an endless file",
    answer: () =>
      new Response(
        new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }),
      ),
    message: "sent more than the 200000 bytes of the catalogue",
  },
  {
    title: "a file that is too short",
    answer: (_, model) => new Response(model.slice(0, 150_000)),
    message: "ended after 150000 of 200000 bytes",
    kept: 150_000,
  },
  {
    title: "a connection that breaks off",
    answer: (_, model) => serveTruncated(model.slice(0, 150_000), model.length),
    message: "cannot be read: ",
    kept: 150_000,
  },
  {
    title: "a server that falls silent",
    answer: (_, model) => serveAndFallSilent(model.slice(0, 150_000)),
    message: "sent nothing for 0.3 s",
    kept: 150_000,
  },
];

for (const { title, message, kept, ...hubOptions } of REFUSALS) {
  Deno.test(`pullModel() refuses ${title} and leaves no model file`, async () => {
    await using data = await makeDataDir();
    await using hub = startLocalHub(hubOptions);
    const { model, labels } = hub.entry.files;
    const pulling = pullModel(hub.entry, { dataDir: data.path, idleTimeoutMs: 300 });
    const error = await assertRejects(() => pulling, Error, message);
    assertStringIncludes(error.message, "Cannot pull the model file of made-up");
    assertStringIncludes(error.message, "set HUB_MIRROR to a folder");
    const left = kept === undefined ? [] : [`${model.sha256}.partial`];
    assertEquals(listNames(data.hub), [...left, labels.sha256].sort());
    if (kept !== undefined) {
      assertEquals((await Deno.stat(join(data.hub, `${model.sha256}.partial`))).size, kept);
    }
    assertEquals(await isPulled(hub.entry, data.path), false);
  });
}

Deno.test("pullModel() refuses a server that never answers", async () => {
  await using data = await makeDataDir();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using hub = startLocalHub();
  const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/`;
  const files = { ...hub.entry.files, model: { ...hub.entry.files.model, url } };
  await assertRejects(
    () => pullModel({ ...hub.entry, files }, { dataDir: data.path, idleTimeoutMs: 200 }),
    Error,
    "sent nothing for 0.2 s",
  );
});

Deno.test("pullModel() names the public address when nobody listens there", async () => {
  await using data = await makeDataDir();
  const hub = startLocalHub();
  await hub[Symbol.asyncDispose]();
  const error = await assertRejects(() => pullModel(hub.entry, { dataDir: data.path }), Error);
  assertStringIncludes(error.message, `${hub.url}/labels cannot be read: `);
  assertStringIncludes(error.message, "Connection refused");
  assertEquals(listNames(data.hub), []);
});

Deno.test("pullModel() stops at its signal and keeps what it has", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub({
    answer: (_, model) => serveAndFallSilent(model.slice(0, 50_000)),
  });
  const controller = new AbortController();
  const reason = new Error("the user went away");
  const error = await assertRejects(() =>
    pullModel(hub.entry, {
      dataDir: data.path,
      signal: controller.signal,
      onProgress: ({ receivedBytes }) => receivedBytes === 50_000 && controller.abort(reason),
    })
  );
  assertEquals(error, reason);
  const partial = join(data.hub, `${hub.entry.files.model.sha256}.partial`);
  assertEquals((await Deno.stat(partial)).size, 50_000);
});

Deno.test("pullModel() stops at its signal while it reads a folder", async () => {
  await using data = await makeDataDir();
  await using folder = await makeDataDir();
  await using hub = startLocalHub({ modelBytes: 600_000 });
  await Deno.writeFile(join(folder.path, hub.entry.files.model.sha256), hub.model);
  const controller = new AbortController();
  await assertRejects(
    () =>
      pullModel(hub.entry, {
        dataDir: data.path,
        hubMirror: folder.path,
        signal: controller.signal,
        onProgress: ({ file }) => file === "model" && controller.abort(new Error("enough")),
      }),
    Error,
    "enough",
  );
  const partial = join(data.hub, `${hub.entry.files.model.sha256}.partial`);
  assert((await Deno.stat(partial)).size < hub.model.length);
});

Deno.test("pullModel() fetches a file once when two pulls run at a time", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub({
    answer: async (request, model) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return serveRange(request, model);
    },
  });
  const warnings: string[] = [];
  const options = {
    dataDir: data.path,
    onWarning: (message: string) => warnings.push(message),
  };
  await Promise.all([pullModel(hub.entry, options), pullModel(hub.entry, options)]);
  assertEquals(hub.requests.filter((request) => request.startsWith("/model")).length, 1);
  assertGreaterOrEqual(warnings.length, 1);
  assertStringIncludes(warnings.at(-1) ?? "", "Another pull of the model file of made-up");
  assertEquals(listNames(data.hub).filter((name) => name.endsWith(".partial")), []);
  assert(await readPulledFiles(hub.entry, data.path));
});

Deno.test("pullModel() reports a full disk and leaves nothing of the file", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  const { write } = Deno.FsFile.prototype;
  let free = 100_000;
  Deno.FsFile.prototype.write = async function (bytes) {
    const written = free > 0 ? await write.call(this, bytes.subarray(0, free)) : 0;
    free -= written;
    if (written > 0) return written;
    throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
  };
  try {
    const error = await assertRejects(() => pullModel(hub.entry, { dataDir: data.path }), Error);
    assertStringIncludes(error.message, "as the disk is full: free space");
  } finally {
    Deno.FsFile.prototype.write = write;
  }
  assertEquals(listNames(data.hub), [hub.entry.files.labels.sha256]);
  // With space again the same call succeeds.
  await pullModel(hub.entry, { dataDir: data.path });
  assert(await isPulled(hub.entry, data.path));
});

Deno.test("pullModel() reports a data directory that cannot be made", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  await Deno.writeTextFile(data.hub, "a file stands where the folder should be");
  const error = await assertRejects(() => pullModel(hub.entry, { dataDir: data.path }), Error);
  assertStringIncludes(error.message, `Cannot make the directory ${data.hub}`);
  assertStringIncludes(error.message, "set DATA_DIR to a directory that can be written");
});

Deno.test({
  name: "pullModel() pulls mobilenet-v1-025-128 from the shared folder as its mirror",
  ignore: !hasSharedHub,
  fn: async () => {
    await using data = await makeDataDir();
    const entry = findCatalogEntry("mobilenet-v1-025-128");
    assert(entry);
    const result = await pullModel(entry, { dataDir: data.path, hubMirror: sharedHub });
    assertEquals(result.origins, [`mirror ${sharedHub}`]);
    assert(await readPulledFiles(entry, data.path));
  },
});
