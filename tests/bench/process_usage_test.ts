import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseStats, readMachineCpuMs, readProcessUsage } from "../../bench/process_usage.ts";

const HAS_PROC = Deno.build.os === "linux";

Deno.test("parseStats() copes with blanks and brackets in the name of a process", () => {
  const line = "42 (a) b) S 7 42 42 0 -1 4194560 1 2 3 4 150 25 0 0 20 0 9 0 100 1000 321 184467";
  assertEquals(parseStats(`${line}\n`), [
    { pid: 42, parent: 7, cpuTicks: 175, residentPages: 321 },
  ]);
});

Deno.test({
  name: "readProcessUsage() counts this process with the shell that measures it",
  ignore: !HAS_PROC,
  fn: async () => {
    const { residentBytes, cpuMs } = await readProcessUsage(Deno.pid);
    const own = Deno.memoryUsage().rss;
    assert(residentBytes > own * 0.8 && residentBytes < own * 1.5 + 20e6, `${residentBytes}`);
    assert(cpuMs > 0);
  },
});

Deno.test({
  name: "readProcessUsage() refuses a process that is not there",
  ignore: !HAS_PROC,
  fn: async () => {
    await assertRejects(() => readProcessUsage(2 ** 30), Error, "does not list it");
  },
});

Deno.test({
  name: "readMachineCpuMs() counts at least the work of this process",
  ignore: !HAS_PROC,
  fn: async () => {
    const before = await readMachineCpuMs();
    const started = performance.now();
    while (performance.now() - started < 200);
    const used = await readMachineCpuMs() - before;
    assert(used >= 100 && used < 200 * (navigator.hardwareConcurrency + 1), `${used}`);
  },
});
