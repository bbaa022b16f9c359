import type { Database } from "./database.ts";
import type { Bytes } from "./schema.ts";

const SECRET_BYTES = 32;

/**
 * The secret of this name, which all replicas over one database share; drawn by whoever asks for it
 * first. It lives as long as the database, so what it has signed outlives a restart.
 *
 * @returns 32 random bytes, never to be logged or sent
 */
export async function readServiceSecret(database: Database, name: string): Promise<Bytes> {
  const drawn = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  await database.query.insertInto("serviceSecrets").values({ name, secret: drawn })
    .onConflict((conflict) => conflict.column("name").doNothing()).execute();
  const { secret } = await database.query.selectFrom("serviceSecrets").select("secret")
    .where("name", "=", name).executeTakeFirstOrThrow();
  return secret;
}
