import { type Context, Hono } from "hono";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { createMemorySource } from "../lib/archives/byte_source.ts";
import { ARCHIVE_RATIO_MAX, listArchive } from "../lib/archives/zip_archive.ts";
import { ServiceError } from "../lib/service_error.ts";
import { ARCHIVE_LIMITS } from "../models/archive/model_archive.ts";
import { ExportCache } from "../models/export/export_cache.ts";
import { WEIGHT_STORAGES } from "../models/export/weight_storage.ts";
import type { ModelTarget } from "../models/model_directory.ts";
import { exportVersion } from "../models/stored/export_version.ts";
import { type FileReaders, listOwnFiles } from "../models/stored/list_own_files.ts";
import type { AppEnv } from "./app_env.ts";
import { errorResponses, modelParameter, versionParameter } from "./openapi_parts.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

/** Two exports of MobileNetV2. */
const CACHE_BYTES_MAX = 32 * 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  txt: "text/plain; charset=utf-8",
};

const STORAGE_RULE = `must be one of ${WEIGHT_STORAGES.join(", ")}`;

/** Query of an export. */
const exportQuerySchema = z.strictObject({
  weights: z.enum(WEIGHT_STORAGES, STORAGE_RULE).default("float32").meta({
    description: "How weights are stored; smaller ones cost accuracy",
  }),
});

type ExportQuery = z.output<typeof exportQuerySchema>;

/**
 * `GET /v1/models/{model}/export`: a zip that `tf.loadLayersModel()` and Teachable Machine's image
 * library load; `.../export/model.json` and so on are its files, so that both can load it from here.
 */
export function exportModelRoutes(services: Services) {
  const cache = new ExportCache({ bytesMax: CACHE_BYTES_MAX });
  const answerZip = async (context: Context<AppEnv>, target: ModelTarget, query: ExportQuery) => {
    const { zip, version } = await makeZip(context, { services, cache, target, query });
    context.header(
      "Content-Disposition",
      `attachment; filename="${target.name}-v${version}.zip"`,
    );
    return context.body(zip, 200, { "Content-Type": "application/zip" });
  };
  const answerFile = async (context: Context<AppEnv>, target: ModelTarget, query: ExportQuery) => {
    const { known } = await services.models.directory.select(target);
    // Stored files need no zip, and of a zip only what was asked for is unpacked.
    const files = await listOwnFiles(services.database, known) ??
      await openZip((await makeZip(context, { services, cache, target, query })).zip);
    const path = context.req.param("file") ?? "";
    const read = files.get(path);
    if (!read) {
      throw new ServiceError(
        "not_found",
        `Cannot find file ${path} in the export of ${target.name}: it has ` +
          [...files.keys()].join(", "),
      );
    }
    const type = TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    return context.body(await read(), 200, { "Content-Type": type });
  };
  const query = validateQuery(exportQuerySchema);
  return new Hono<AppEnv>()
    .get(
      "/v1/models/:model{[\\w.-]+}/export",
      query,
      (context) => answerZip(context, readTarget(context), context.req.valid("query")),
    )
    .get(
      "/v1/models/:model{[\\w.-]+}/export/:file{.+}",
      query,
      (context) => answerFile(context, readTarget(context), context.req.valid("query")),
    )
    .get(
      "/v1/models/:model{[\\w.-]+}/versions/:version{\\d+}/export",
      query,
      (context) => answerZip(context, readTarget(context), context.req.valid("query")),
    )
    .get(
      "/v1/models/:model{[\\w.-]+}/versions/:version{\\d+}/export/:file{.+}",
      query,
      (context) => answerFile(context, readTarget(context), context.req.valid("query")),
    );
}

function readTarget(context: Context<AppEnv>): ModelTarget {
  const { model: name = "", version } = context.req.param() as Record<string, string>;
  return version === undefined ? { name } : { name, selector: { version: Number(version) } };
}

interface MakeZipOptions {
  services: Services;
  cache: ExportCache;
  target: ModelTarget;
  query: ExportQuery;
}

async function makeZip(
  context: Context<AppEnv>,
  { services: { models, database, transfers }, cache, target, query }: MakeZipOptions,
): Promise<{ zip: Uint8Array<ArrayBuffer>; version: number }> {
  const { known: { id, version } } = await models.directory.select(target);
  const zip = await cache.get(
    `${id} ${query.weights}`,
    () =>
      exportVersion({ name: target.name, selector: { version } }, {
        directory: models.directory,
        database,
        transfers,
        storage: query.weights,
      }),
  );
  context.var.signal.throwIfAborted();
  return { zip, version };
}

async function openZip(zip: Uint8Array<ArrayBuffer>): Promise<FileReaders> {
  const files = await listArchive(createMemorySource(zip), {
    entriesMax: ARCHIVE_LIMITS.filesMax,
    totalBytesMax: ARCHIVE_LIMITS.unpackedBytesMax,
    ratioMax: ARCHIVE_RATIO_MAX,
  });
  return new Map(files.map((file) => [file.path, () => file.read()]));
}

const zipResponses = {
  200: {
    description: "`model.json`, `weights.bin` and `metadata.json`, or the files that were imported",
    content: { "application/zip": { schema: { type: "string", format: "binary" } } },
  },
  401: errorResponses[401],
  404: errorResponses[404],
  409: errorResponses[409],
  422: errorResponses[422],
  429: errorResponses[429],
} as const;

const fileResponses = {
  ...zipResponses,
  200: {
    description: "The file",
    content: {
      "application/json": { schema: { type: "object" } },
      "application/octet-stream": { schema: { type: "string", format: "binary" } },
    },
  },
} as const;

const file = { file: z.string().meta({ example: "model.json" }) };

/** Documentation of {@linkcode exportModelRoutes}. */
export const exportModelPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}/export": {
    get: {
      summary: "Export a model",
      description: "One layers model from picture to softmax, for `tf.loadLayersModel()` and " +
        "Teachable Machine's image library. A layers model over texts or series that was imported " +
        "or all of whose layers were trained here comes as it is, with `labels.txt`; a last layer " +
        "over texts or series and models over vectors are not exported.",
      tags: ["models"],
      requestParams: { path: modelParameter, query: exportQuerySchema },
      responses: zipResponses,
    },
  },
  "/v1/models/{model}/export/{file}": {
    get: {
      summary: "One file of an export",
      description: "`tf.loadLayersModel()` takes the URL of `model.json` and finds the weights.",
      tags: ["models"],
      requestParams: { path: modelParameter.extend(file), query: exportQuerySchema },
      responses: fileResponses,
    },
  },
  "/v1/models/{model}/versions/{version}/export": {
    get: {
      summary: "Export one version",
      tags: ["versions"],
      requestParams: { path: versionParameter, query: exportQuerySchema },
      responses: zipResponses,
    },
  },
  "/v1/models/{model}/versions/{version}/export/{file}": {
    get: {
      summary: "One file of the export of a version",
      tags: ["versions"],
      requestParams: { path: versionParameter.extend(file), query: exportQuerySchema },
      responses: fileResponses,
    },
  },
};
