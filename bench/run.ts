/**
 * Runs the benchmarks named as arguments, or all: `deno task bench model http`. Prints tables, and
 * writes the same as JSON into `bench/results/`.
 */
import { type BenchReport, formatReport } from "./bench_report.ts";
import { describeMachine } from "./machine.ts";
import { RESULTS_FOLDER } from "./model_files.ts";

const BENCHES: Record<string, () => Promise<BenchReport>> = {
  model: async () => await (await import("./model_bench.ts")).benchModel(),
  shipped: async () => await (await import("./shipped_bench.ts")).benchShipped(),
  line: async () => await (await import("./line_bench.ts")).benchLine(),
  http: async () => await (await import("./http_bench.ts")).benchHttp(),
  rnn: async () => await (await import("./rnn_bench.ts")).benchRnn(),
  step: async () => await (await import("./step_bench.ts")).benchStep(),
  generate: async () => await (await import("./generate_bench.ts")).benchGenerate(),
  sequences: async () => await (await import("./sequences_bench.ts")).benchSequences(),
  start: async () => await (await import("./start_bench.ts")).benchStart(),
  soak: async () => await (await import("./soak_bench.ts")).benchSoak(),
  fit: async () => await (await import("./fit_bench.ts")).benchFit(),
  finetune: async () => await (await import("./finetune_bench.ts")).benchFinetune(),
  overload: async () => await (await import("./overload_bench.ts")).benchOverload(),
  upload: async () => await (await import("./upload_bench.ts")).benchUpload(),
};

const names = Deno.args.length > 0 ? Deno.args : Object.keys(BENCHES);
const unknown = names.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  print(`Unknown: ${unknown.join(", ")}. The benchmarks are: ${Object.keys(BENCHES).join(", ")}`);
  Deno.exit(1);
}

await Deno.mkdir(RESULTS_FOLDER, { recursive: true });
for (const name of names) {
  const machine = await describeMachine();
  print(`\n${name}: ${machine.cpu}, ${machine.cores} cores, load ${machine.loadAverage}\n`);
  const report = await BENCHES[name]?.() ?? { tables: [], targets: [] };
  print(formatReport(report));
  const result = { bench: name, date: new Date().toISOString(), machine, ...report };
  await Deno.writeTextFile(`${RESULTS_FOLDER}${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
}

function print(text: string): void {
  // deno-lint-ignore no-console -- whoever runs the benchmarks reads this
  console.log(text);
}
