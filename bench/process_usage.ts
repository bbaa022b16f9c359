/** Length of a kernel clock tick on every Linux that Deno runs on. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

/** What a process and all below it use. */
export interface ProcessUsage {
  /** Memory that is in RAM now, in bytes; pages that processes share count for each. */
  residentBytes: number;
  /** Processor time used so far by those that are alive, in milliseconds. */
  cpuMs: number;
}

/**
 * Reads files below `/proc`, where there is one: Linux only. Deno opens them for nobody who does
 * not have all permissions, so `cat` reads them.
 */
export async function readProc(pattern: string): Promise<string> {
  // Processes that end meanwhile make `cat` fail, which is no harm.
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `cat /proc/${pattern} 2>/dev/null`],
  }).output();
  return new TextDecoder().decode(stdout);
}

/**
 * Measures a process with its descendants.
 *
 * @throws {Error} if it is not there, or this is not Linux
 */
export async function readProcessUsage(pid: number): Promise<ProcessUsage> {
  const all = parseStats(await readProc("[0-9]*/stat"));
  const own = all.find((each) => each.pid === pid);
  if (!own) throw new Error(`Cannot measure process ${pid} as /proc does not list it`);
  const tree = [own];
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return {
    residentBytes: tree.reduce((sum, { residentPages }) => sum + residentPages, 0) * PAGE_BYTES,
    cpuMs: tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) * TICK_MS,
  };
}

/** Processor time that all processes of the machine have used since it started, in milliseconds. */
export async function readMachineCpuMs(): Promise<number> {
  const [total = ""] = (await readProc("stat")).split("\n");
  // See proc_stat(5): user, nice, system, idle, iowait, irq, softirq.
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = total.split(/\s+/).map(
    Number,
  );
  return (user + nice + system + irq + softirq) * TICK_MS;
}

/** Parses lines of `/proc/PID/stat`, see proc_pid_stat(5). */
export function parseStats(text: string) {
  return text.split("\n").filter(Boolean).map((line) => {
    // The second field is the name in brackets, which may hold blanks and brackets.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    const field = (index: number) => Number(fields[index - 3]);
    return {
      pid: Number.parseInt(line),
      parent: field(4),
      cpuTicks: field(14) + field(15),
      residentPages: field(24),
    };
  });
}
