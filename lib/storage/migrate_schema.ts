import * as kysely from "kysely";
import { Migrator } from "kysely/migration";
import { type Engine, type Migration, MIGRATIONS } from "./migrations.ts";

/** What {@linkcode migrateSchema} needs to know. */
export interface MigrateSchemaOptions {
  /** Which words the statements use. */
  engine: Engine;
  /** The steps by name; the project's own where none are given. */
  migrations?: Readonly<Record<string, Migration>>;
}

/**
 * Brings the schema up to date: applies the steps that the database has not seen, in order, in one
 * transaction. Replicas that start together wait for each other.
 *
 * @throws {Error} when a step fails, and then nothing has changed; also when the database has seen
 * steps that are not known here, as it does after a downgrade.
 *
 * @internal
 */
export async function migrateSchema<Tables>(
  database: kysely.Kysely<Tables>,
  { engine, migrations = MIGRATIONS }: MigrateSchemaOptions,
): Promise<void> {
  const steps = Object.entries(migrations).map(([name, statements]) => [name, {
    up: (transaction: kysely.Kysely<unknown>) => applyStatements(transaction, statements(engine)),
  }]);
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve(Object.fromEntries(steps)) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error) {
    const reason = describeFault(error);
    throw new Error(`Cannot bring the database schema up to date: ${reason}`, { cause: error });
  }
}

/** Kysely calls it corrupted when somebody goes back to an older version of the service. */
function describeFault(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, unknown] = /previously executed migration (\S+) is missing/.exec(message) ?? [];
  return unknown === undefined
    ? message
    : `a newer version of the service has changed it (step ${unknown}): ` +
      "start that version, or go back to a backup from before";
}

async function applyStatements(
  transaction: kysely.Kysely<unknown>,
  statements: readonly string[],
): Promise<void> {
  for (const statement of statements) {
    await transaction.executeQuery(kysely.CompiledQuery.raw(statement));
  }
}
