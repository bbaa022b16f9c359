/** Runs `main.ts` and `pull.ts` as processes of their own, with the permissions of `deno.json`. */

const ROOT = new URL("../", import.meta.url);

/** The hub's files, where they lie beside the repository; tests that need them are skipped without. */
export const HUB_FOLDER = new URL("../../shared/hub/", import.meta.url);

/** True when {@linkcode HUB_FOLDER} is there. */
export const HAS_HUB = exists(HUB_FOLDER);

/** A service that listens. */
export interface ServerProcess {
  url: string;
  pid: number;
  /** All that it has written so far. */
  output(): string;
  /** Sends a signal and resolves with how the process ended. */
  stop(signal?: Deno.Signal): Promise<Deno.CommandStatus>;
  [Symbol.asyncDispose](): Promise<void>;
}

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch {
    return false;
  }
}

/** The command of a task in `deno.json` without its shell part, for a data folder. */
function taskArguments(entry: "main.ts" | "pull.ts", dataDir: string): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const command: string = tasks[entry === "main.ts" ? "start" : "pull"].command;
  const flags = command.slice(command.lastIndexOf("deno run ") + 9).split(" ");
  const hub = HUB_FOLDER.pathname;
  return ["run", ...flags].map((flag) =>
    flag.replaceAll('"$DATA_DIR"', dataDir).replaceAll('"$HUB"', hub)
      .replaceAll('"$HOST"', "127.0.0.1").replaceAll('"$DATABASE_HOST"', "localhost")
  );
}

function command(entry: "main.ts" | "pull.ts", dataDir: string, env: Record<string, string>) {
  return {
    cwd: ROOT,
    env: { DATA_DIR: dataDir, NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    args: taskArguments(entry, dataDir),
  } as const;
}

/** Pulls models from {@linkcode HUB_FOLDER} into a data folder. */
export async function pullModels(dataDir: string, names: string[]): Promise<void> {
  const { args, ...options } = command("pull.ts", dataDir, { HUB_MIRROR: HUB_FOLDER.pathname });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    ...options,
    args: [...args, ...names],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Runs the service until it ends by itself: for starts that must fail, and `--help`. */
export async function runServer(
  dataDir: string,
  env: Record<string, string> = {},
  extra: string[] = [],
): Promise<{ code: number; output: string }> {
  const { args, ...options } = command("main.ts", dataDir, { PORT: "0", ...env });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    ...options,
    args: [...args, ...extra],
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Starts the service on a free port and waits for the line that says where it listens. */
export async function startServer(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const process = new Deno.Command(
    Deno.execPath(),
    command("main.ts", dataDir, { PORT: "0", ...env }),
  ).spawn();
  let output = "";
  const listening = Promise.withResolvers<string>();
  async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      const [, url] = /^Listening on (\S+)\n/m.exec(output) ?? [];
      if (url) listening.resolve(url);
    }
  }
  const streams = Promise.all([collect(process.stdout), collect(process.stderr)]);
  const ended = process.status.then(async (status) => {
    await streams;
    listening.reject(new Error(`The service ended with ${status.code}:\n${output}`));
    return status;
  });
  const stop = (signal: Deno.Signal = "SIGTERM") => {
    try {
      process.kill(signal);
    } catch {
      // It has ended already.
    }
    return ended;
  };
  const url = await listening.promise;
  return {
    url,
    pid: process.pid,
    output: () => output,
    stop,
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
    },
  };
}

/** A folder that is removed when the test ends; `dir` is where it lies, by default among others. */
export async function makeDataDir(
  options: { dir?: string } = {},
): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ ...options, prefix: "lastlayer-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
