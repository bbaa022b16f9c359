/** Folder of the packages and programs that the benchmarks compare with. */
export const PEERS_FOLDER = new URL("peers/", import.meta.url).pathname;

/**
 * Installs the peers' packages, unless those of the lock file are there already. No install scripts
 * run: the one of `onnxruntime-node` would fetch CUDA, and its CPU binary lies in the package.
 *
 * @throws {Error} if npm is missing or cannot fetch them
 */
export async function installPeers(): Promise<void> {
  const installed = await readOptional(`${PEERS_FOLDER}node_modules/.bench_lock`);
  const lock = await Deno.readTextFile(`${PEERS_FOLDER}package-lock.json`);
  if (installed === lock) return;
  const { success, stderr } = await new Deno.Command("npm", {
    cwd: PEERS_FOLDER,
    args: ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`Cannot install the peers: ${new TextDecoder().decode(stderr)}`);
  }
  await Deno.writeTextFile(`${PEERS_FOLDER}node_modules/.bench_lock`, lock);
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
