import { createHash } from "node:crypto";
import { join } from "node:path";
import type { CatalogEntry, RemoteFile } from "../../../models/catalog.ts";

/** A small hub on this machine: a made-up model and a server that misbehaves as it is told. */
export interface LocalHub extends AsyncDisposable {
  url: string;
  entry: CatalogEntry;
  model: Uint8Array<ArrayBuffer>;
  labels: Uint8Array<ArrayBuffer>;
  /** The requests so far: path and Range header. */
  requests: string[];
}

export interface LocalHubOptions {
  /** Answers a request for the model file; without it the file is served, ranges included. */
  answer?: (request: Request, model: Uint8Array<ArrayBuffer>) => Response | Promise<Response>;
  modelBytes?: number;
}

/** Starts a hub whose files stand at `/model`, `/labels` and, as in a mirror, at their SHA-256. */
export function startLocalHub(options: LocalHubOptions = {}): LocalHub {
  const model = makeBytes(options.modelBytes ?? 200_000);
  const labels = new TextEncoder().encode("cat\ndog\n");
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(`${pathname} ${request.headers.get("range") ?? "whole"}`);
    if (pathname === "/labels" || pathname === `/${sha256(labels)}`) return new Response(labels);
    return (options.answer ?? serveRange)(request, model);
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    url,
    entry: makeEntry(remoteFile(`${url}/model`, model), remoteFile(`${url}/labels`, labels)),
    model,
    labels,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Serves the file as a good server does: from the first byte that is asked for, with status 206. */
export function serveRange(request: Request, bytes: Uint8Array<ArrayBuffer>): Response {
  const range = /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "");
  if (!range) return new Response(bytes);
  const start = Number(range[1]);
  const headers = { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  return new Response(bytes.slice(start), { status: 206, headers });
}

/** Announces `length` bytes, sends fewer, and closes the connection. */
export function serveTruncated(bytes: Uint8Array<ArrayBuffer>, length: number): Response {
  // Without the stream the server would put the right length itself.
  return new Response(new Blob([bytes]).stream(), { headers: { "content-length": `${length}` } });
}

/** Sends `bytes` and then keeps the connection open without a word. */
export function serveAndFallSilent(bytes: Uint8Array): Response {
  return new Response(
    new ReadableStream({ start: (controller) => controller.enqueue(bytes) }),
  );
}

export function makeEntry(model: RemoteFile, labels: RemoteFile): CatalogEntry {
  return {
    name: "made-up",
    description: "A model made for tests",
    format: "tflite",
    files: { model, labels },
    licence: "MIT",
    source: "http://127.0.0.1/",
    input: {
      kind: "image",
      height: 8,
      width: 8,
      channels: 3,
      scale: 1,
      offset: 0,
      fit: "stretch",
      cropFraction: 1,
    },
    verbs: ["classify", "embed"],
    classCount: 2,
    metrics: { source: "a test", values: { top_1: 0.5 } },
  };
}

export function remoteFile(url: string, bytes: Uint8Array): RemoteFile {
  return { url, sha256: sha256(bytes), bytes: bytes.length };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes without a pattern, the same on every run. */
export function makeBytes(length: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return new Uint8Array(length).map(() => (state = state * 48271 % 2147483647) & 255);
}

/** A data directory that is removed at the end of its scope. */
export async function makeDataDir(): Promise<AsyncDisposable & { path: string; hub: string }> {
  const path = await Deno.makeTempDir({ prefix: "lastlayer_" });
  return {
    path,
    hub: join(path, "hub"),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** The names in a folder, sorted; none where there is no folder. */
export function listNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}
