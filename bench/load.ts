/** What the load generator sends, for how long. */
export interface LoadOptions {
  url: string;
  /** File that is the body of every request. */
  bodyPath: string;
  connections: number;
  /** No request starts later; at least one of this and `requests` must be given. */
  durationMs?: number;
  /** Requests in all. */
  requests?: number;
}

/** What came back. */
export interface LoadResult {
  /** Of the answers with status 200, from the first byte sent to the last received. */
  latenciesMs: number[];
  /** Number of answers by status. */
  statuses: Record<string, number>;
  /** Connections that broke before an answer was whole. */
  connectionsLost: number;
  /** Answers 429 that do not say when to come back. */
  refusalsWithoutRetryAfter: number;
  elapsedMs: number;
  /** Processor time of the load generator itself. */
  cpuMs: number;
}

/**
 * Runs the load generator to its end.
 *
 * @throws {Error} if it fails, for example as nothing listens
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const program = new URL("load_generator.ts", import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", "--allow-read", program, JSON.stringify(options)],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot measure as the load generator failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}
