import type { Client } from "./postgres_driver.d.ts";
import { getLogger } from "@logtape/logtape";
import { type ChangeEmitter, parseChange } from "./changes.ts";

const logger = getLogger(["lastlayer", "storage"]);

/** The channel on which replicas tell each other of changes. */
export const NOTIFY_CHANNEL = "lastlayer_changes";

const RECONNECT_MS = 1000;

/** Settings of {@linkcode listenForChanges}. */
export interface ListenForChangesOptions {
  /** How often the server is asked whether it is still there. Default: 3 s. */
  beatMs?: number;
  /** How long its answer may take before the connection counts as lost. Default: 5 s. */
  answerMsMax?: number;
}

/**
 * Listens for the changes of all replicas on a connection of its own and passes them on. When the
 * connection is lost it connects again, every second until it succeeds, and then emits a change of
 * `everything`, as notifications may have been missed. A connection that was cut without a word, as
 * networks do with silent ones, is found by asking from time to time.
 *
 * @param createClient gives a client that is not connected yet
 * @throws {Error} when the first connection fails.
 */
export async function listenForChanges(
  createClient: () => Client,
  emitter: ChangeEmitter,
  { beatMs = 3_000, answerMsMax = 5_000 }: ListenForChangesOptions = {},
): Promise<AsyncDisposable> {
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let client = await connect();

  async function connect(): Promise<Client> {
    const connecting = createClient();
    // An error is followed by the end of the connection, which is dealt with below.
    connecting.on("error", (error) => logger.warning("Lost the listener: {error}", { error }));
    connecting.on("notification", ({ payload }) => {
      const change = parseChange(payload ?? "");
      if (change) emitter.emit(change);
    });
    try {
      await connecting.connect();
      await ask(connecting, `listen ${NOTIFY_CHANNEL}`);
    } catch (error) {
      await connecting.end();
      throw error;
    }
    connecting.on("end", reconnectLater);
    return connecting;
  }

  /** A query that is not answered in time ends its connection. */
  async function ask(asked: Client, text: string): Promise<void> {
    const tooLate = setTimeout(() => void asked.end(), answerMsMax);
    try {
      await asked.query(text);
    } finally {
      clearTimeout(tooLate);
    }
  }

  // What fails has ended the connection, which is dealt with there.
  const beat = setInterval(() => ask(client, "select 1").catch(() => {}), beatMs);

  function reconnectLater(): void {
    if (!isClosed) timer = setTimeout(reconnect, RECONNECT_MS);
  }

  async function reconnect(): Promise<void> {
    try {
      client = await connect();
    } catch {
      return reconnectLater();
    }
    if (isClosed) return await client.end();
    emitter.emit({ topic: "everything", id: "" });
  }

  return {
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearTimeout(timer);
      clearInterval(beat);
      await client.end();
    },
  };
}
