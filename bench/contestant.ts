/** A process that predicts on command; see `contestants/serve_contestant.mjs`. */
export interface Contestant extends AsyncDisposable {
  name: string;
  /** Predicts the same input `count` times, and gives each time and the last outputs. */
  predict(count: number): Promise<{ milliseconds: number[]; logits: number[] }>;
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
    async predict(count) {
      await input.write(new TextEncoder().encode(`${JSON.stringify({ count })}\n`));
      return JSON.parse(await readLine());
    },
    async [Symbol.asyncDispose]() {
      await input.close().catch(() => {});
      await output.cancel();
      await process.status;
    },
  };
}
