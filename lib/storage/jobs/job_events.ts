import { ServiceError } from "../../service_error.ts";
import type { Database } from "../database.ts";
import { inTransaction } from "../in_transaction.ts";

/** Something that a job reported. */
export interface JobEvent {
  /** 1, 2, 3, ... for each job. */
  sequence: number;
  /** When, in milliseconds since 1970. */
  createdAt: number;
  /** How bad it is. */
  level: "info" | "warn" | "error";
  /** Whether `data` has metrics. */
  type: "message" | "metrics";
  /** For people. */
  message: string;
  /** For programs. */
  data: Record<string, unknown> | null;
}

/** What {@linkcode appendEvent} needs. */
export interface AppendEventOptions {
  /** Id of the job. */
  jobId: string;
  /** How bad it is; `info` unless said otherwise. */
  level?: JobEvent["level"];
  /** For people. */
  message: string;
  /** Metrics of a step, which make the event one of the type `metrics`. */
  metrics?: Record<string, unknown>;
  /** Most events of a job; beyond it the oldest are dropped. */
  eventsMax: number;
}

/** Which events {@linkcode listEvents} gives. */
export interface ListEventsOptions {
  /** Id of the job. */
  jobId: string;
  /** Sequence of the event before the first wanted one; 0: from the beginning. */
  after: number;
  /** Most events. */
  limit: number;
}

/**
 * Adds an event to a job and tells who watches. Whoever has seen an event has seen all before it.
 *
 * @throws {ServiceError} `job_not_found`
 */
export function appendEvent(
  database: Database,
  { jobId, level = "info", message, metrics, eventsMax }: AppendEventOptions,
): Promise<JobEvent> {
  return inTransaction(database, async (transaction) => {
    // The job's row is held from here on, so events are committed in the order of their numbers.
    const row = await transaction.query.updateTable("jobs")
      .set((column) => ({ lastEvent: column("lastEvent", "+", 1) }))
      .where("id", "=", jobId).returning("lastEvent").executeTakeFirst();
    if (!row) throw new ServiceError("job_not_found", `Cannot find job ${JSON.stringify(jobId)}`);
    const event: JobEvent = {
      sequence: row.lastEvent,
      createdAt: Date.now(),
      level,
      type: metrics ? "metrics" : "message",
      message,
      data: metrics ?? null,
    };
    const { data, ...columns } = event;
    await transaction.query.insertInto("jobEvents")
      .values({ ...columns, jobId, dataJson: data && JSON.stringify(data) }).execute();
    await transaction.query.deleteFrom("jobEvents")
      .where("jobId", "=", jobId).where("sequence", "<=", row.lastEvent - eventsMax).execute();
    await transaction.announce({ topic: "job", id: jobId });
    return event;
  });
}

/** The events of a job after one of them, the oldest first. */
export async function listEvents(
  database: Database,
  { jobId, after, limit }: ListEventsOptions,
): Promise<JobEvent[]> {
  const rows = await database.query.selectFrom("jobEvents")
    .select(["sequence", "createdAt", "level", "type", "message", "dataJson"])
    .where("jobId", "=", jobId).where("sequence", ">", after)
    .orderBy("sequence").limit(limit).execute();
  return rows.map(({ dataJson, ...event }) => ({
    ...event,
    data: dataJson === null ? null : JSON.parse(dataJson),
  }));
}
