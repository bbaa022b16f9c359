import { Hono } from "hono";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { getPath } from "hono/utils/url";
import { ServiceError } from "../lib/service_error.ts";
import { VERBS } from "../models/model_description.ts";
import { accessLog } from "./access_log.ts";
import { addSamplesRoutes } from "./add_samples.ts";
import { refuseWhenFull } from "./admission.ts";
import type { AppEnv } from "./app_env.ts";
import { authenticate } from "./authenticate.ts";
import { bodyPolicy } from "./body_policy.ts";
import { classifyRoutes } from "./classify.ts";
import { datasetsRoutes } from "./datasets.ts";
import { decodeRoutes } from "./decode.ts";
import { docsRoutes } from "./docs.ts";
import { embedRoutes } from "./embed.ts";
import { encodeRoutes } from "./encode.ts";
import { errorResponse, handleError, handleNotFound } from "./errors.ts";
import { finetuneRoutes } from "./finetune.ts";
import { generateRoutes } from "./generate.ts";
import { exportModelRoutes } from "./export_model.ts";
import { healthRoutes } from "./health.ts";
import { jobRecordsRoutes } from "./job_records.ts";
import { jobsRoutes } from "./jobs.ts";
import { metricsRoutes } from "./metrics.ts";
import { verbPath } from "./model_target.ts";
import { importModelRoutes } from "./import_model.ts";
import { modelLabelsRoutes } from "./model_labels.ts";
import { modelVersionsRoutes } from "./model_versions.ts";
import { modelsRoutes } from "./models.ts";
import { openApiRoutes } from "./openapi.ts";
import { predictRoutes } from "./predict.ts";
import { reconstructRoutes } from "./reconstruct.ts";
import { requestSignal } from "./request_signal.ts";
import { samplesRoutes } from "./samples.ts";
import { sequenceStreamRoutes } from "./sequence_stream.ts";
import { sequencesRoutes } from "./sequences.ts";
import type { Services } from "./services.ts";
import { SHAPE_HEADER } from "./shape_header.ts";
import { STATE_HEADER } from "./state_header.ts";
import { drainRefusedBody, limitUploads } from "./upload_limits.ts";

/** Builds the whole HTTP interface over its services. The same on every runtime. */
export function createApp(services: Services) {
  const { limits, metrics, pool } = services;
  const app = new Hono<AppEnv>({
    // Some clients encode the colon before the verb.
    getPath: (request) => getPath(request).replace(/%3A/gi, ":"),
  });
  app.onError(handleError);
  app.notFound(handleNotFound);
  app.use(
    requestId(),
    accessLog(metrics),
    closeWhenDraining(services),
    drainRefusedBody({
      bodyBytesMax: limits.bodyBytesMax,
      timeoutMs: limits.requestTimeoutMs,
    }),
  );
  if (services.corsOrigins.length > 0) app.use(allowOrigins(services.corsOrigins));
  if (services.apiKeys.length > 0) app.use(authenticate(services.apiKeys));
  app.on("POST", VERBS.map(verbPath), refuseWhenFull(pool));
  app.use(
    answerOtherMethods(app),
    requestSignal((request) => bodyPolicy(request, limits).timeoutMs),
    limitUploads(limits),
  );
  return app
    .route("/", healthRoutes(() => !services.isDraining() && pool.ready))
    .route("/", metricsRoutes(metrics))
    .route("/", openApiRoutes())
    .route("/", docsRoutes())
    .get("/", (context) => context.redirect("/docs"))
    .route("/", modelsRoutes(services))
    .route("/", sequenceStreamRoutes(services))
    .route("/", sequencesRoutes(services))
    .route("/", modelVersionsRoutes(services))
    .route("/", modelLabelsRoutes(services))
    .route("/", importModelRoutes(services))
    .route("/", exportModelRoutes(services))
    .route("/", classifyRoutes(services))
    .route("/", predictRoutes(services))
    .route("/", embedRoutes(services))
    .route("/", generateRoutes(services))
    .route("/", encodeRoutes(services))
    .route("/", decodeRoutes(services))
    .route("/", reconstructRoutes(services))
    .route("/", datasetsRoutes(services))
    .route("/", samplesRoutes(services))
    .route("/", addSamplesRoutes(services))
    .route("/", finetuneRoutes(services))
    .route("/", jobsRoutes(services))
    .route("/", jobRecordsRoutes(services));
}

/** The type of the app, for a typed client: `hc<App>(url)`. */
export type App = ReturnType<typeof createApp>;

function allowOrigins(origins: readonly string[]) {
  return cors({
    origin: origins.includes("*") ? "*" : [...origins],
    allowHeaders: [
      "Authorization",
      "Content-Type",
      "Idempotency-Key",
      "Last-Event-ID",
      "X-Request-Id",
      SHAPE_HEADER,
      STATE_HEADER,
    ],
    exposeHeaders: ["Content-Disposition", "Location", "Retry-After", "X-Request-Id", SHAPE_HEADER],
    maxAge: 86_400,
  });
}

/**
 * Tells a client with each answer of a service that stops that its connection ends, so that it does
 * not send the next request on it.
 */
function closeWhenDraining({ isDraining }: Services) {
  return createMiddleware<AppEnv>(async (context, next) => {
    await next();
    if (isDraining()) context.header("Connection", "close");
  });
}

/** 405 with `Allow` for a path that has other methods, and 204 with `Allow` for OPTIONS. */
function answerOtherMethods(app: Hono<AppEnv>) {
  return methodNotAllowed({
    app,
    onMethodNotAllowed(context, methods) {
      const { method, path } = context.req;
      const allow = ["OPTIONS", ...methods].join(", ");
      context.header("Allow", allow);
      if (method === "OPTIONS") return context.body(null, 204);
      return errorResponse(
        context,
        new ServiceError("method_not_allowed", `Cannot ${method} ${path}: it has ${allow}`),
      );
    },
  });
}
