import { PEERS_FOLDER } from "./peers.ts";

/** What one fit of scikit-learn gives. */
export interface SklearnFit {
  wallMs: number;
  processorMs: number;
  iterations: number;
  /** `[length, classes]` row-major. */
  weights: number[];
  bias: number[];
}

/** A Python process that fits the same samples on command. */
export interface SklearnPeer extends AsyncDisposable {
  fit(type: "float32" | "float64"): Promise<SklearnFit>;
}

/** Debian's Python, which `python3-sklearn` belongs to. */
const PYTHON = "/usr/bin/python3";

/** Whether scikit-learn is installed. */
export async function hasSklearn(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(PYTHON, {
      args: ["-c", "import sklearn"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** Starts scikit-learn on a file of float32 `[rows, length]`, with one thread. */
export function startSklearn(
  path: string,
  { rows, length, classes }: { rows: number; length: number; classes: number },
): SklearnPeer {
  const process = new Deno.Command(PYTHON, {
    args: [`${PEERS_FOLDER}fit_sklearn.py`, path, ...[rows, length, classes].map(String)],
    // No more of the environment, as OPENBLAS_* could choose slower kernels than the machine's own.
    clearEnv: true,
    env: { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = process.stdin.getWriter();
  const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async fit(type) {
      await input.write(new TextEncoder().encode(`${type}\n`));
      let line = "";
      while (!line.endsWith("\n")) {
        const { done, value } = await output.read();
        if (done) throw new Error("scikit-learn ended early");
        line += value;
      }
      return JSON.parse(line);
    },
    async [Symbol.asyncDispose]() {
      await input.close().catch(() => {});
      await output.cancel();
      await process.status;
    },
  };
}
