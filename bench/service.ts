import { startServer } from "../tests/server_process.ts";
import { makeDataFolder, MODEL_NAME } from "./model_files.ts";
import { installPeers, PEERS_FOLDER } from "./peers.ts";

/** A service under test: ours or a peer's. */
export interface Service extends AsyncDisposable {
  url: string;
  classifyUrl: string;
  pid: number;
  /** When the process was spawned, by `performance.now()`. */
  spawnedAt: number;
}

/** Starts our service in a process of its own, on a fresh data folder with the model in it. */
export async function startLastlayer(env: Record<string, string>): Promise<Service> {
  await using resources = new AsyncDisposableStack();
  const data = resources.use(await makeDataFolder());
  const spawnedAt = performance.now();
  const { url, pid, stop, output } = await startServer(data.path, env);
  resources.defer(async () => {
    const { success, code, signal } = await stop();
    if (!success) {
      const end = output().slice(-2000);
      throw new Error(`The service must end with 0: it ended with ${signal ?? code}\n${end}`);
    }
  });
  return toService({ url, pid, spawnedAt }, resources.move());
}

/** What a peer runs on. */
export interface PeerOptions {
  runtime: "web" | "node";
  processes: number;
  onnxPath: string;
  labelsPath: string;
}

/** Starts the peers' server: Node, sharp and ONNX Runtime. */
export async function startPeer(options: PeerOptions): Promise<Service> {
  const { runtime, processes, onnxPath, labelsPath } = options;
  await installPeers();
  const spawnedAt = performance.now();
  const process = new Deno.Command("node", {
    args: [`${PEERS_FOLDER}server.mjs`, onnxPath, labelsPath, runtime, String(processes)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => {
    await process.stdin.close();
    await output.cancel();
    await process.status;
  });
  const url = await readListening(output);
  return toService({ url, pid: process.pid, spawnedAt }, resources.move());
}

function toService(
  process: { url: string; pid: number; spawnedAt: number },
  resources: AsyncDisposable,
): Service {
  return {
    ...process,
    classifyUrl: `${process.url}/v1/models/${MODEL_NAME}:classify?top_k=5`,
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}

async function readListening(output: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = "";
  while (true) {
    const { done, value } = await output.read();
    if (done) throw new Error(`The peer's server ended early: ${text}`);
    text += value;
    const [, url] = /^Listening on (\S+)\n/m.exec(text) ?? [];
    if (url) return url;
  }
}
