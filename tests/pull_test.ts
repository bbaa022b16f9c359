import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { findCatalogEntry } from "../models/catalog.ts";
import { readPulledFiles } from "../models/hub/pulled_files.ts";
import { listNames, makeDataDir, serveAndFallSilent, serveRange } from "./models/hub/local_hub.ts";

const root = new URL("../", import.meta.url);
const sharedHub = new URL("../../shared/hub", import.meta.url).pathname;
const hasSharedHub = await Deno.stat(sharedHub).then(() => true, () => false);

interface PullSettings {
  dataDir: string;
  hubMirror?: string;
}

/** Starts the command with exactly the permissions that the task `pull` of deno.json gives it. */
function startPull(names: string[], { dataDir, hubMirror = "" }: PullSettings): Deno.ChildProcess {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const flags = /deno run (.*) pull\.ts$/.exec(tasks.pull.command)?.[1];
  assert(flags, "The task must end with `deno run FLAGS pull.ts`");
  const args = flags.replaceAll('"', "").replaceAll("$DATA_DIR", dataDir)
    .replaceAll("$HUB", hubMirror || dataDir).split(" ");
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...args, "pull.ts", ...names],
    cwd: root,
    // Nothing listens there, so that no test depends on the internet or reaches it.
    env: {
      DATA_DIR: dataDir,
      HUB_MIRROR: hubMirror,
      HTTPS_PROXY: "http://127.0.0.1:1",
      NO_PROXY: "127.0.0.1",
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

async function finish(process: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function waitForSize(path: string, bytes: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const info = await Deno.stat(path).catch(() => undefined);
    if (info && info.size >= bytes) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${path} did not grow to ${bytes} bytes within 10 s`);
}

const pull = (names: string[], settings: PullSettings) => finish(startPull(names, settings));

Deno.test("pull --help prints how to use it", async () => {
  await using data = await makeDataDir();
  const { code, stdout } = await pull(["--help"], { dataDir: data.path });
  assertEquals(code, 0);
  for (const word of ["deno task pull NAME", "--list", "DATA_DIR", "HUB_MIRROR"]) {
    assertStringIncludes(stdout, word);
  }
});

Deno.test("pull exits with 2 for no name, an unknown name and an unknown option", async () => {
  await using data = await makeDataDir();
  const commands = [
    { names: [], message: "deno task pull NAME" },
    { names: ["--fast"], message: "--fast" },
    {
      names: ["mobilenet-v2", "resnet"],
      message: "Cannot pull resnet as the catalogue has no such model: it has mobilenet-v2, ",
    },
  ];
  for (const { names, message } of commands) {
    const { code, stderr } = await pull(names, { dataDir: data.path });
    assertEquals(code, 2);
    assertStringIncludes(stderr, message);
  }
  assertEquals(listNames(data.path), []);
});

Deno.test("pull exits with 1 and says what to do when no source has the files", async () => {
  await using data = await makeDataDir();
  await using folder = await makeDataDir();
  const settings = { dataDir: data.path, hubMirror: folder.path };
  const { code, stdout, stderr } = await pull(["mobilenet-v2"], settings);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, `mirror ${folder.path} has no such file: asking the next source`);
  assertStringIncludes(stderr, "Cannot pull the labels file of mobilenet-v2");
  assertStringIncludes(stderr, "set HUB_MIRROR to a folder or base URL");
  assertEquals(listNames(data.hub), []);
});

Deno.test({
  name: "pull fetches, checks and converts a model, and is quick when it is there",
  ignore: !hasSharedHub,
  fn: async () => {
    await using data = await makeDataDir();
    const settings = { dataDir: data.path, hubMirror: sharedHub };
    const first = await pull(["mobilenet-v1-025-128"], settings);
    assertEquals(first.code, 0, first.stderr);
    assertMatch(
      first.stdout,
      /^mobilenet-v1-025-128: 0\.5 MB, pulled in \d+\.\d s from mirror .*hub\n/,
    );
    assertMatch(first.stdout, /converts to \d+ layers with 4\d\d,\d{3} parameters/);
    assertStringIncludes(first.stdout, "[1, 128, 128, 3] to 1001 classes, 256 features");
    assertStringIncludes(first.stdout, "deno task start");
    assertStringIncludes(first.stdout, "/v1/models/mobilenet-v1-025-128:classify?top_k=5");
    assertStringIncludes(first.stderr, "mobilenet-v1-025-128 model: 100 %, 0.5 of 0.5 MB\n");

    const second = await pull(["mobilenet-v1-025-128"], { dataDir: data.path });
    assertEquals([second.code, second.stderr], [0, ""]);
    assertStringIncludes(second.stdout, "0.5 MB, was here already");

    const list = await pull(["--list"], { dataDir: data.path });
    assertMatch(list.stdout, /^mobilenet-v1-025-128 +pulled +0\.5 MB/m);
    assertMatch(list.stdout, /^mobilenet-v2 +not pulled +3\.6 MB/m);

    // What was pulled serves as the next machine's mirror.
    await using other = await makeDataDir();
    const third = await pull(["mobilenet-v1-025-128"], {
      dataDir: other.path,
      hubMirror: data.hub,
    });
    assertEquals(third.code, 0, third.stderr);
  },
});

for (const [signal, code] of [["SIGKILL", 137], ["SIGINT", 130]] as const) {
  Deno.test({
    name: `pull that ends by ${signal} is resumed by the next one`,
    ignore: !hasSharedHub || Deno.build.os === "windows",
    fn: async () => {
      await using data = await makeDataDir();
      const entry = findCatalogEntry("mobilenet-v1-025-128");
      assert(entry);
      const { model } = entry.files;
      const ranges: (string | null)[] = [];
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        async (request) => {
          const name = new URL(request.url).pathname.slice(1);
          const bytes = await Deno.readFile(join(sharedHub, name));
          if (name !== model.sha256) return serveRange(request, bytes);
          ranges.push(request.headers.get("range"));
          if (ranges.length > 1) return serveRange(request, bytes);
          return serveAndFallSilent(bytes.slice(0, 200_000));
        },
      );
      const settings = {
        dataDir: data.path,
        hubMirror: `http://127.0.0.1:${server.addr.port}/`,
      };
      const process = startPull([entry.name], settings);
      const partial = join(data.hub, `${model.sha256}.partial`);
      await waitForSize(partial, 200_000);
      process.kill(signal);
      const killed = await finish(process);
      assertEquals(killed.code, code, killed.stderr);
      assertEquals(await readPulledFiles(entry, data.path), undefined);

      const resumed = await pull([entry.name], settings);
      assertEquals(resumed.code, 0, resumed.stderr);
      assertEquals(ranges, [null, "bytes=200000-"]);
      assert(await readPulledFiles(entry, data.path));
      assertEquals(listNames(data.hub), [model.sha256, entry.files.labels.sha256].sort());
    },
  });
}
