import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { unzipFiles } from "../../../lib/archives/unzip_files.ts";
import { ARCHIVE_LIMITS } from "../../../models/archive/model_archive.ts";
import type { StoredModel } from "../../../models/export/export_model.ts";
import { exportZip } from "../../../models/export/export_zip.ts";
import { loadTfjsWasmModule } from "../../../models/wasm_simd.ts";
import { makeTfliteFile } from "../archive/archive_fixtures.ts";
import { TINY_INPUT } from "../tiny_model.ts";
import { readJson } from "./load_exported.ts";

const OPTIONS = { tfjs: await loadTfjsWasmModule(), timeoutMs: 60_000, createdAt: new Date(0) };

const MODEL: StoredModel = {
  name: "colours",
  format: "tflite",
  files: new Map([["model.tflite", makeTfliteFile()]]),
  labels: ["red", "green", "blue"],
  input: TINY_INPUT,
};

Deno.test("exportZip() packs an exported model in a worker", async () => {
  const files = await unzipFiles(await exportZip(MODEL, OPTIONS), ARCHIVE_LIMITS);
  assertEquals([...files.keys()], ["model.json", "weights.bin", "metadata.json"]);
  assertEquals(readJson(files, "metadata.json").labels, MODEL.labels);
});

Deno.test("exportZip() passes errors on with their codes", async () => {
  const files = new Map([["model.tflite", new Uint8Array(9)]]);
  const error = await assertRejects(() => exportZip({ ...MODEL, files }, OPTIONS), ServiceError);
  assertEquals(error.code, "model_unusable");
});

Deno.test("exportZip() gives up an export that takes too long", async () => {
  const error = await assertRejects(
    () => exportZip(MODEL, { ...OPTIONS, timeoutMs: 0 }),
    ServiceError,
  );
  assertEquals(error.code, "worker_lost");
});
