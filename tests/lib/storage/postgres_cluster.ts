/** A private PostgreSQL server for tests, out of Debian's package, on a free port of this machine. */
import { join } from "node:path";

/** A server that runs as long as the tests do. */
export interface PostgresCluster {
  /** Makes an empty database and gives its URL. */
  createDatabase(): Promise<string>;
  /** Runs SQL as the superuser in the database of a URL. */
  run(statement: string, url: string): Promise<void>;
}

const DIRECTORY = Deno.env.get("TMPDIR") ?? "/tmp";
const PASSWORD = "a-password-for-tests";
/** How long a test file waits for another one that starts the server. */
const START_MS_MAX = 60_000;
const POLL_MS = 50;

function findBinaries(): string | undefined {
  const root = "/usr/lib/postgresql";
  try {
    const versions = [...Deno.readDirSync(root)].map(({ name }) => name);
    const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
    return newest && join(root, newest, "bin");
  } catch {
    return undefined;
  }
}

/** Where the server's programs lie, or `undefined` where PostgreSQL is not installed. */
export const POSTGRES_BINARIES = findBinaries();

/** The server refuses to run as root, so root hands it to the user that its package makes. */
function asServerUser(isRoot: boolean, program: string, args: string[]): Deno.Command {
  const options = { stdin: "null", stdout: "piped", stderr: "piped", cwd: "/" } as const;
  return isRoot
    ? new Deno.Command("runuser", { args: ["-u", "postgres", "--", program, ...args], ...options })
    : new Deno.Command(program, { args, ...options });
}

async function run(command: Deno.Command): Promise<void> {
  const { success, stdout, stderr } = await command.output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(decoder.decode(stdout) + decoder.decode(stderr));
}

function findFreePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * Gives the server of this test run. The first test file that asks starts it, the others find it by
 * the id of the process that runs them all, and a shell stops it when that process is gone.
 */
export async function findPostgres(): Promise<PostgresCluster> {
  if (!POSTGRES_BINARIES) throw new Error("PostgreSQL is not installed");
  const directory = join(DIRECTORY, `lastlayer-postgres-${Deno.pid}`);
  const port = await makeDirectory(directory)
    ? await startPostgres(directory, POSTGRES_BINARIES)
    : await waitForPort(directory);
  const urlOf = (name: string) => `postgresql://tester:${PASSWORD}@127.0.0.1:${port}/${name}`;
  return {
    run: runStatement,
    async createDatabase() {
      const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
      await runStatement(`create database ${name}`, urlOf("postgres"));
      return urlOf(name);
    },
  };
}

async function runStatement(statement: string, url: string): Promise<void> {
  const args = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statement, url];
  await run(new Deno.Command(join(POSTGRES_BINARIES ?? "", "psql"), { args }));
}

/** False where another test file has made it: files run side by side. */
async function makeDirectory(directory: string): Promise<boolean> {
  try {
    await Deno.mkdir(directory);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** The port of a server that is ready; the file is written last. */
async function waitForPort(directory: string): Promise<number> {
  for (const start = Date.now(); Date.now() - start < START_MS_MAX;) {
    const port = await Deno.readTextFile(join(directory, "port")).catch(() => "");
    if (port !== "") return Number(port);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  // A crash of the machine may have left it behind.
  throw new Error(`PostgreSQL did not start: remove ${directory} if no other test file made it`);
}

/** Starts a server; nothing it holds outlives it, so it never waits for the disk. */
async function startPostgres(directory: string, binaries: string): Promise<number> {
  const data = join(directory, "data");
  const passwordFile = join(directory, "password");
  await Deno.writeTextFile(passwordFile, PASSWORD);
  // What a process makes is its user's; asking for the user itself wants one more permission.
  const isRoot = (await Deno.stat(directory)).uid === 0;
  if (isRoot) {
    await run(new Deno.Command("chown", { args: ["-R", "postgres", directory] }));
  }
  await run(asServerUser(isRoot, join(binaries, "initdb"), [
    ...["--pgdata", data, "--username", "tester", "--pwfile", passwordFile],
    ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
  ]));
  const port = findFreePort();
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= ` +
    "-c fsync=off -c shared_buffers=16MB -c max_connections=40 -c autovacuum=off";
  const control = join(binaries, "pg_ctl");
  await run(asServerUser(isRoot, control, [
    ...["start", "--wait", "--pgdata", data, "--log", join(directory, "log"), "-o", settings],
  ]));
  const stop = `while kill -0 ${Deno.pid}; do sleep 1; done; ` +
    `server=$(head -n 1 ${data}/postmaster.pid); kill -QUIT $server; ` +
    `while kill -0 $server; do sleep 0.1; done; rm -rf ${directory}`;
  await run(new Deno.Command("sh", { args: ["-c", `(${stop}) > /dev/null 2>&1 &`] }));
  const portFile = join(directory, "port");
  // Renamed, so that nobody reads half of it.
  await Deno.writeTextFile(`${portFile}.partial`, String(port));
  await Deno.rename(`${portFile}.partial`, portFile);
  return port;
}
