import { readProc } from "./process_usage.ts";

/** Where and on what the numbers were measured. */
export interface Machine {
  cpu: string;
  cores: number;
  /** Mean number of runnable processes over the last minute: above 0.5 at the start, be wary. */
  loadAverage: number;
  deno: string;
  node: string;
}

/** Describes this machine; `unknown` where it does not say. */
export async function describeMachine(): Promise<Machine> {
  const cpuInfo = await readProc("cpuinfo");
  const loadAverage = await readProc("loadavg");
  return {
    cpu: /model name\s*: (.+)/.exec(cpuInfo)?.[1] ?? "unknown",
    cores: navigator.hardwareConcurrency,
    loadAverage: Number.parseFloat(loadAverage),
    deno: Deno.version.deno,
    node: await readNodeVersion(),
  };
}

async function readNodeVersion(): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("node", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch {
    return "unknown";
  }
}
