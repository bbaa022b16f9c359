/** What a contestant says about a number of predictions. */
export interface ContestantAnswer {
  /** By the clock, of each. */
  milliseconds: number[];
  /** Of the processor, of all together: on a busy machine the clock tells who had to wait. */
  cpuMilliseconds: number;
  /** Outputs of the last one. */
  logits: number[];
}

/** A process that predicts on command; see `contestants/serve_contestant.mjs`. */
export interface Contestant extends AsyncDisposable {
  name: string;
  pid: number;
  /** Predicts the same input `count` times; the outputs are left out where they are not wanted. */
  predict(count: number, outputs?: boolean): Promise<ContestantAnswer>;
}

/**
 * Starts a contestant.
 *
 * @param name how the tables call it
 * @param command the program and its arguments
 */
export function startContestant(name: string, [program = "", ...args]: string[]): Contestant {
  const process = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = process.stdin.getWriter();
  const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  async function readLine(): Promise<string> {
    let line = "";
    while (!line.endsWith("\n")) {
      const { done, value } = await output.read();
      if (done) throw new Error(`${name} ended early`);
      line += value;
    }
    return line;
  }
  return {
    name,
    pid: process.pid,
    async predict(count, outputs = true) {
      await input.write(new TextEncoder().encode(`${JSON.stringify({ count, outputs })}\n`));
      return JSON.parse(await readLine());
    },
    async [Symbol.asyncDispose]() {
      await input.close().catch(() => {});
      await output.cancel();
      await process.status;
    },
  };
}
