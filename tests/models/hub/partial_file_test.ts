import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { PartialFile } from "../../../models/hub/partial_file.ts";
import { pullModel } from "../../../models/hub/pull_model.ts";
import {
  listNames,
  type LocalHub,
  makeDataDir,
  serveRange,
  sha256,
  startLocalHub,
} from "./local_hub.ts";

const OPTIONS = { signal: new AbortController().signal, onWait: () => {} };
const HELLO = new TextEncoder().encode("hello");

Deno.test("PartialFile continues with the content and the hash of what was left behind", async () => {
  await using data = await makeDataDir();
  const path = join(data.path, "file.partial");
  {
    await using partial = await PartialFile.open(path, OPTIONS);
    await partial.append(HELLO.subarray(0, 2));
  }
  assertEquals(listNames(data.path), ["file.partial"]);
  {
    await using partial = await PartialFile.open(path, OPTIONS);
    assertEquals(partial.length, 2);
    await partial.append(HELLO.subarray(2));
    assertEquals(partial.sha256, sha256(HELLO));
    await partial.rename(join(data.path, "file"));
  }
  assertEquals(listNames(data.path), ["file"]);
  assertEquals(await Deno.readTextFile(join(data.path, "file")), "hello");
});

Deno.test("PartialFile leaves no empty file", async () => {
  await using data = await makeDataDir();
  {
    await using partial = await PartialFile.open(join(data.path, "file.partial"), OPTIONS);
    await partial.append(HELLO);
    await partial.rewind();
    assertEquals([partial.length, partial.sha256], [0, sha256(new Uint8Array(0))]);
  }
  assertEquals(listNames(data.path), []);
});

Deno.test("PartialFile.open() waits for the holder and takes a new file after its rename", async () => {
  await using data = await makeDataDir();
  const path = join(data.path, "file.partial");
  let waits = 0;
  const first = await PartialFile.open(path, OPTIONS);
  await first.append(HELLO);
  const opening = PartialFile.open(path, { ...OPTIONS, onWait: () => waits++ });
  await new Promise((resolve) => setTimeout(resolve, 150));
  assertEquals(waits, 1);
  await first.rename(join(data.path, "file"));
  await first[Symbol.asyncDispose]();
  {
    await using second = await opening;
    assertEquals(second.length, 0);
  }
  assertEquals(await Deno.readTextFile(join(data.path, "file")), "hello");
});

Deno.test("PartialFile.open() leaves a file alone that is renamed before it gets the lock", async () => {
  await using data = await makeDataDir();
  const path = join(data.path, "file.partial");
  await Deno.writeFile(path, HELLO);
  const { tryLock } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.tryLock = async function (exclusive) {
    Deno.FsFile.prototype.tryLock = tryLock;
    await Deno.rename(path, join(data.path, "file"));
    return await this.tryLock(exclusive);
  };
  {
    await using partial = await PartialFile.open(path, OPTIONS);
    assertEquals(partial.length, 0);
    await partial.append(new Uint8Array(1));
  }
  assertEquals(await Deno.readTextFile(join(data.path, "file")), "hello");
});

Deno.test("PartialFile.open() stops waiting at its signal", async () => {
  await using data = await makeDataDir();
  const path = join(data.path, "file.partial");
  await using _holder = await PartialFile.open(path, OPTIONS);
  const signal = AbortSignal.timeout(50);
  await assertRejects(() => PartialFile.open(path, { ...OPTIONS, signal }), DOMException);
});

/** Leaves `content` as the partial model file of an interrupted pull. */
async function leaveBehind(dataDir: string, hub: LocalHub, content: Uint8Array): Promise<void> {
  await Deno.mkdir(join(dataDir, "hub"));
  await Deno.writeFile(join(dataDir, "hub", `${hub.entry.files.model.sha256}.partial`), content);
}

/** The Range headers of the requests for the model file while it is pulled to its right content. */
async function pullAfter(hub: LocalHub, content: Uint8Array): Promise<string[]> {
  await using data = await makeDataDir();
  await leaveBehind(data.path, hub, content);
  await pullModel(hub.entry, { dataDir: data.path });
  const { model, labels } = hub.entry.files;
  assertEquals(listNames(data.hub), [model.sha256, labels.sha256].sort());
  const asked = hub.requests.filter((request) => request.startsWith("/model"));
  return asked.map((request) => request.replace("/model ", ""));
}

Deno.test("pullModel() resumes an interrupted pull with a Range request", async () => {
  await using hub = startLocalHub();
  assertEquals(await pullAfter(hub, hub.model.slice(0, 120_000)), ["bytes=120000-"]);
});

Deno.test("pullModel() asks for nothing when the interrupted pull had it all", async () => {
  await using hub = startLocalHub();
  assertEquals(await pullAfter(hub, hub.model), []);
});

Deno.test("pullModel() restarts when the server answers a Range request with all", async () => {
  await using hub = startLocalHub({ answer: (_, model) => new Response(model) });
  assertEquals(await pullAfter(hub, hub.model.slice(0, 120_000)), ["bytes=120000-"]);
});

Deno.test("pullModel() restarts when the server answers with another range", async () => {
  await using hub = startLocalHub({
    answer: (request, model) => {
      if (!request.headers.has("range")) return new Response(model);
      const headers = { "content-range": `bytes 0-${model.length - 1}/${model.length}` };
      return new Response(model, { status: 206, headers });
    },
  });
  assertEquals(await pullAfter(hub, hub.model.slice(0, 120_000)), ["bytes=120000-", "whole"]);
});

Deno.test("pullModel() restarts when the server refuses the range", async () => {
  await using hub = startLocalHub({
    answer: (request, model) =>
      request.headers.has("range") ? new Response(null, { status: 416 }) : new Response(model),
  });
  assertEquals(await pullAfter(hub, hub.model.slice(0, 120_000)), ["bytes=120000-", "whole"]);
});

Deno.test("pullModel() restarts when what was left behind turns out to be wrong", async () => {
  await using hub = startLocalHub();
  const wrong = new Uint8Array(120_000);
  assertEquals(await pullAfter(hub, wrong), ["bytes=120000-", "whole"]);
});

Deno.test("pullModel() restarts when what was left behind is too long", async () => {
  await using hub = startLocalHub({ answer: serveRange });
  assertEquals(await pullAfter(hub, new Uint8Array(300_000)), ["whole"]);
});
