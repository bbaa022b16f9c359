/**
 * The command `deno task pull`: fetches models of the catalogue into DATA_DIR, checks them and
 * proves that they can be served.
 */
import { parseArgs } from "node:util";
import { CATALOG, type CatalogEntry, findCatalogEntry } from "./models/catalog.ts";
import type { GraphNode, Weight } from "./models/formats/graph.ts";
import { readTfliteGraph } from "./models/formats/tflite_graph.ts";
import { parseLabels } from "./models/hub/parse_labels.ts";
import { pullModel, type PullProgress } from "./models/hub/pull_model.ts";
import { isPulled, readPulledFiles } from "./models/hub/pulled_files.ts";

const HELP = `Fetch models of the catalogue, check them and prove that they can be served.

  deno task pull NAME [NAME...]   fetch the models of these names
  deno task pull --list           list the models, and which are here
  deno task pull --help           print this text

Environment:
  DATA_DIR     directory of the service's data; files go to DATA_DIR/hub (default: data)
  HUB_MIRROR   folder or base URL that holds files named by their SHA-256; asked first

An interrupted pull goes on where it stopped when it is run again.
Exit status: 0 done, 1 a model could not be pulled, 2 the command cannot be understood,
130 interrupted.
`;

const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** On a terminal, progress is redrawn this often. */
const REDRAW_MS = 100;
/** Elsewhere, such as in a log, a line of progress is printed this often. */
const PROGRESS_LINE_MS = 10_000;

interface Settings {
  dataDir: string;
  hubMirror: string | undefined;
  signal: AbortSignal;
}

async function main(commandLine: string[]): Promise<number> {
  let names: string[];
  let options: { list?: boolean; help?: boolean };
  try {
    ({ positionals: names, values: options } = parseArgs({
      args: commandLine,
      options: { list: { type: "boolean" }, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    }));
  } catch (error) {
    return fail(`${describe(error)}\n\n${HELP}`, EXIT.usage);
  }
  if (options.help) return done(HELP);

  const interruption = new AbortController();
  // A second interrupt ends the process at once, as without a listener.
  const interrupt = () => {
    Deno.removeSignalListener("SIGINT", interrupt);
    interruption.abort();
  };
  Deno.addSignalListener("SIGINT", interrupt);
  const settings = {
    dataDir: Deno.env.get("DATA_DIR") || "data",
    hubMirror: Deno.env.get("HUB_MIRROR"),
    signal: interruption.signal,
  };
  if (options.list) return done(await listModels(settings.dataDir));
  if (names.length === 0) return fail(HELP, EXIT.usage);
  return await pullAll(new Set(names), settings);
}

async function listModels(dataDir: string): Promise<string> {
  const lines = await Promise.all(CATALOG.map(async (entry) => {
    const state = await isPulled(entry, dataDir) ? "pulled" : "not pulled";
    const size = `${megabytes(modelBytes(entry))} MB`;
    return `${entry.name.padEnd(22)}${state.padEnd(12)}${size.padEnd(8)}` +
      `${entry.licence.padEnd(12)}${entry.description}\n`;
  }));
  return lines.join("");
}

async function pullAll(names: ReadonlySet<string>, settings: Settings): Promise<number> {
  const unknown = [...names].filter((name) => !findCatalogEntry(name));
  if (unknown.length > 0) {
    const known = CATALOG.map((entry) => entry.name).join(", ");
    return fail(
      `Cannot pull ${unknown.join(", ")} as the catalogue has no such model: it has ${known}\n`,
      EXIT.usage,
    );
  }
  const entries = [...names].flatMap((name) => findCatalogEntry(name) ?? []);
  let failed = false;
  for (const entry of entries) {
    try {
      print(await pullOne(entry, settings));
    } catch (error) {
      if (settings.signal.aborted) {
        return fail("Interrupted: run the same command again to go on\n", EXIT.interrupted);
      }
      failed = true;
      printError(`${describe(error)}\n`);
    }
  }
  if (failed) return EXIT.failed;
  return done(
    "Next, start the service with `deno task start` and send it a photo:\n" +
      "  curl --data-binary @photo.jpg -H 'content-type: image/jpeg' " +
      `'http://127.0.0.1:8000/v1/models/${entries[0]?.name}:classify?top_k=5'\n`,
  );
}

/** Pulls one model and says in a line or two what came of it. */
async function pullOne(entry: CatalogEntry, settings: Settings): Promise<string> {
  const startedAt = performance.now();
  const progress = new ProgressPrinter(entry.name);
  const { origins } = await pullModel(entry, {
    ...settings,
    onProgress: (state) => progress.update(state),
    onWarning: (message) => progress.warn(message),
  }).finally(() => progress.clear());
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);

  const summary = await checkModel(entry, settings.dataDir);
  const size = `${megabytes(modelBytes(entry))} MB`;
  const outcome = origins.length === 0
    ? "was here already"
    : `pulled in ${seconds} s from ${origins.join(" and ")}`;
  return `${entry.name}: ${size}, ${outcome}\n  ${summary}\n`;
}

/** Proves that the model can be served, and says what it is made of. */
async function checkModel(entry: CatalogEntry, dataDir: string): Promise<string> {
  const files = await readPulledFiles(entry, dataDir);
  if (!files) throw new Error(`Cannot check ${entry.name} as its files were removed meanwhile`);
  parseLabels(files.labels, entry.classCount);
  const { graph } = readTfliteGraph(files.model);
  const { height, width, channels } = entry.input;
  const expected = `[1, ${height}, ${width}, ${channels}] to ${entry.classCount} classes`;
  const found = `[${graph.inputShape.join(", ")}] to ${graph.classCount} classes`;
  if (found !== expected) {
    throw new Error(`Cannot serve ${entry.name} as it must map ${expected}: it maps ${found}`);
  }
  const parameters = graph.nodes.reduce((sum, node) => sum + countParameters(node), 0);
  return `converts to ${graph.nodes.length} layers with ${parameters.toLocaleString("en")} ` +
    `parameters: image ${found}, ${graph.featureLength} features`;
}

function countParameters(node: GraphNode): number {
  const weights: Weight[] = Object.values(node).flat().filter((value) =>
    value?.values instanceof Float32Array
  );
  return weights.reduce((sum, { values }) => sum + values.length, 0);
}

/** Shows progress on standard error: one line redrawn on a terminal, sparse lines elsewhere. */
class ProgressPrinter {
  readonly #name: string;
  readonly #onTerminal = Deno.stderr.isTerminal();
  #printedAt = performance.now();

  constructor(name: string) {
    this.#name = name;
  }

  update({ file, receivedBytes, totalBytes }: PullProgress): void {
    const now = performance.now();
    const complete = receivedBytes === totalBytes;
    const interval = this.#onTerminal ? REDRAW_MS : PROGRESS_LINE_MS;
    if (!complete && now - this.#printedAt < interval) return;
    this.#printedAt = now;
    const percent = Math.floor(100 * receivedBytes / totalBytes);
    this.#print(
      `${this.#name} ${file}: ${percent} %, ` +
        `${megabytes(receivedBytes)} of ${megabytes(totalBytes)} MB`,
    );
  }

  warn(message: string): void {
    this.clear();
    printError(`${message}\n`);
  }

  /** Leaves the terminal's line empty for what comes next. */
  clear(): void {
    if (this.#onTerminal) printError("\r\x1b[K");
  }

  #print(line: string): void {
    this.clear();
    printError(this.#onTerminal ? line : `${line}\n`);
  }
}

function modelBytes(entry: CatalogEntry): number {
  return entry.files.model.bytes + entry.files.labels.bytes;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e5 ? 2 : 1);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function print(text: string, output: { writeSync(bytes: Uint8Array): number } = Deno.stdout): void {
  try {
    output.writeSync(new TextEncoder().encode(text));
  } catch (error) {
    // Whoever reads the output, such as `head`, may have had enough; the pull goes on.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function printError(text: string): void {
  print(text, Deno.stderr);
}

function done(text: string): number {
  print(text);
  return EXIT.done;
}

function fail(text: string, status: number): number {
  printError(text);
  return status;
}

// The signal listener would keep the process alive, so the end is explicit.
if (import.meta.main) Deno.exit(await main(Deno.args));
