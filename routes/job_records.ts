import { type Context, Hono } from "hono";
import { accepts } from "hono/accepts";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { OpenDatabase } from "../lib/storage/database.ts";
import { type Job, UNFINISHED_STATUSES } from "../lib/storage/jobs/job.ts";
import { listCheckpoints } from "../lib/storage/jobs/job_checkpoints.ts";
import { listEvents } from "../lib/storage/jobs/job_events.ts";
import { readEvaluation, readJob } from "../lib/storage/jobs/jobs.ts";
import { ServiceError } from "../lib/service_error.ts";
import { followJob } from "../models/jobs/follow_job.ts";
import type { AppEnv } from "./app_env.ts";
import { describeAnswer } from "./dataset_parts.ts";
import { describeCheckpoint, describeEvent, readEventId } from "./describe_job.ts";
import { checkpointSchema, jobEventSchema, listOf, listQuerySchema } from "./job_schemas.ts";
import { jobParameter, jobResponses } from "./jobs.ts";
import type { Services } from "./services.ts";
import { streamEvents } from "./stream_events.ts";
import { validateQuery } from "./validate_query.ts";

const EVENT_STREAM = "text/event-stream";
/** The last event of a job that has ended. */
const DONE = "[DONE]";
const JOB_PATH = "/v1/fine_tuning/jobs/:job{[\\w-]+}";

/** Events, checkpoints and the evaluation of a job. */
export function jobRecordsRoutes(services: Services) {
  const { database } = services;
  return new Hono<AppEnv>()
    .get(`${JOB_PATH}/events`, validateQuery(listQuerySchema), async (context) => {
      const job = await readJob(database, context.req.param("job"));
      const { after, limit } = context.req.valid("query");
      const type = accepts(context, {
        header: "Accept",
        supports: ["application/json", EVENT_STREAM],
        default: "application/json",
      });
      context.header("Vary", "Accept");
      if (type === EVENT_STREAM) return streamJob(context, services, job);
      const page = await listNewestEvents(database, job, { after: readAfter(after), limit });
      return context.json(page);
    })
    .get(`${JOB_PATH}/checkpoints`, validateQuery(listQuerySchema), async (context) => {
      const { id } = await readJob(database, context.req.param("job"));
      const { after, limit } = context.req.valid("query");
      const all = (await listCheckpoints(database, id))
        .map((checkpoint) => describeCheckpoint(id, checkpoint));
      const start = after === undefined ? 0 : all.findIndex((each) => each.id === after) + 1;
      const data = all.slice(start, start + limit);
      const has_more = start + data.length < all.length;
      return context.json({ object: "list" as const, data, has_more });
    })
    .get(`${JOB_PATH}/evaluation`, async (context) => {
      const { id, status } = await readJob(database, context.req.param("job"));
      const evaluation = await readEvaluation(database, id);
      if (evaluation) return context.json(evaluation);
      throw new ServiceError(
        "not_found",
        `Cannot find an evaluation of job ${id} as it must have succeeded: it is ${status}`,
      );
    });
}

/** The newest first, as OpenAI lists them; `after` goes on with older ones. */
async function listNewestEvents(
  database: OpenDatabase,
  { id: jobId, lastEvent }: Job,
  { after, limit }: { after: number | undefined; limit: number },
) {
  const newest = Math.min(after === undefined ? lastEvent : after - 1, lastEvent);
  const oldest = Math.max(0, newest - limit);
  const events = newest > 0
    ? await listEvents(database, { jobId, after: oldest, limit: newest - oldest })
    : [];
  const data = events.reverse().map(describeEvent);
  // Events before these may have been dropped.
  const [before] = await listEvents(database, { jobId, after: 0, limit: 1 });
  const has_more = (before?.sequence ?? Infinity) <= oldest;
  return { object: "list" as const, data, has_more };
}

function readAfter(after: string | undefined): number | undefined {
  if (after === undefined) return undefined;
  const sequence = readEventId(after);
  if (sequence !== undefined) return sequence;
  throw new ServiceError(
    "invalid_value",
    `Cannot read the query as after must be the id of an event: found ${JSON.stringify(after)}`,
    { param: "after" },
  );
}

/** Goes on after the event that the client has seen last, and ends with the job. */
function streamJob(
  context: Context<AppEnv>,
  { database, isDraining }: Services,
  { id }: Job,
): Response {
  const lastEventId = context.req.header("Last-Event-ID");
  const after = readAfter(lastEventId || undefined) ?? 0;
  // A stream lasts as long as its job: it has no deadline, only a client that may go away.
  context.var.holdSignal()();
  const follow = async function* (signal: AbortSignal) {
    const { status } = yield* followJob(database, id, { after, signal, isOver: isDraining });
    // A client whose stream ends without the mark connects again, to another replica perhaps.
    if (!UNFINISHED_STATUSES.includes(status)) yield DONE;
  };
  return streamEvents(context, async function* (signal) {
    for await (const event of follow(signal)) {
      if (event === DONE) yield DONE;
      else yield { id: String(event.sequence), data: JSON.stringify(describeEvent(event)) };
    }
  }, () => {});
}

/** Documentation of {@linkcode jobRecordsRoutes}. */
export const jobRecordsPaths: ZodOpenApiPathsObject = {
  "/v1/fine_tuning/jobs/{job}/events": {
    get: {
      summary: "What a job has reported, the newest first, or as it happens",
      description: "With `Accept: text/event-stream` the oldest first, after `Last-Event-ID`, " +
        "until the job has ended; the last event is `[DONE]`.",
      tags: ["fine-tuning"],
      requestParams: {
        path: jobParameter,
        query: listQuerySchema,
        header: z.object({ "Last-Event-ID": z.string().optional() }),
      },
      responses: {
        200: {
          description: "Events",
          content: {
            "application/json": { schema: listOf(jobEventSchema).meta({ id: "JobEventList" }) },
            [EVENT_STREAM]: { schema: { type: "string" } },
          },
        },
        ...jobResponses(401, 404, 422),
      },
    },
  },
  "/v1/fine_tuning/jobs/{job}/checkpoints": {
    get: {
      summary: "How good a job's weights were on its way, the newest first",
      description:
        "The step and its metrics. The weights of a step are not given; those that the " +
        "job ends with are the version's.",
      tags: ["fine-tuning"],
      requestParams: { path: jobParameter, query: listQuerySchema },
      responses: {
        200: describeAnswer("Checkpoints", listOf(checkpointSchema).meta({ id: "CheckpointList" })),
        ...jobResponses(401, 404, 422),
      },
    },
  },
  "/v1/fine_tuning/jobs/{job}/evaluation": {
    get: {
      summary: "How good the head is",
      description:
        "Scores, classes, the confusion matrix whose cells list the ids of samples, the " +
        "most confident mistakes, the learning curve and warnings.",
      tags: ["fine-tuning"],
      requestParams: { path: jobParameter },
      responses: {
        200: describeAnswer("The evaluation", z.record(z.string(), z.unknown())),
        ...jobResponses(401, 404),
      },
    },
  },
};
