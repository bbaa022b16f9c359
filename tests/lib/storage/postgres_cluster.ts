/** A private PostgreSQL server for tests, out of Debian's package, on a free port of this machine. */
import { join } from "node:path";

/** A server that runs until it is stopped. */
export interface PostgresCluster {
  /** Makes an empty database and gives its URL. */
  createDatabase(): Promise<string>;
  /** Runs SQL as the superuser in the database `postgres`, or in that of a URL. */
  run(statement: string, url?: string): Promise<void>;
  stop(): Promise<void>;
}

const PASSWORD = "a-password-for-tests";

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
function asServerUser(program: string, args: string[]): Deno.Command {
  const isRoot = Deno.uid() === 0;
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

/** Starts a server; nothing it holds outlives `stop()`, so it never waits for the disk. */
export async function startPostgres(): Promise<PostgresCluster> {
  if (!POSTGRES_BINARIES) throw new Error("PostgreSQL is not installed");
  const directory = await Deno.makeTempDir({ prefix: "lastlayer-postgres-" });
  const passwordFile = join(directory, "password");
  await Deno.writeTextFile(passwordFile, PASSWORD);
  if (Deno.uid() === 0) {
    await run(new Deno.Command("chown", { args: ["-R", "postgres", directory] }));
  }
  const data = join(directory, "data");
  const control = join(POSTGRES_BINARIES, "pg_ctl");
  const port = findFreePort();
  await run(asServerUser(join(POSTGRES_BINARIES, "initdb"), [
    ...["--pgdata", data, "--username", "tester", "--pwfile", passwordFile],
    ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
  ]));
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= ` +
    "-c fsync=off -c shared_buffers=16MB -c max_connections=40 -c autovacuum=off";
  await run(asServerUser(control, [
    ...["start", "--wait", "--pgdata", data, "--log", join(directory, "log"), "-o", settings],
  ]));
  const urlOf = (name: string) => `postgresql://tester:${PASSWORD}@127.0.0.1:${port}/${name}`;
  async function runStatement(statement: string, url = urlOf("postgres")): Promise<void> {
    const args = [
      "--no-psqlrc",
      "--quiet",
      "--set",
      "ON_ERROR_STOP=1",
      "--command",
      statement,
      url,
    ];
    await run(new Deno.Command(join(POSTGRES_BINARIES ?? "", "psql"), { args }));
  }
  let databases = 0;
  return {
    run: runStatement,
    async createDatabase() {
      const name = `test_${++databases}`;
      await runStatement(`create database ${name}`);
      return urlOf(name);
    },
    async stop() {
      await run(asServerUser(control, ["stop", "--mode", "immediate", "--pgdata", data]));
      await Deno.remove(directory, { recursive: true });
    },
  };
}
