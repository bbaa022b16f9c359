import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { importModel } from "../../../models/archive/import_model.ts";
import { loadTfjsWasmModule } from "../../../models/wasm_simd.ts";
import { encodeLines, makeTeachableZip, makeTfliteFile } from "./archive_fixtures.ts";

const OPTIONS = { tfjs: await loadTfjsWasmModule(), timeoutMs: 60_000 };

Deno.test("importModel() checks a model in a worker and moves its files back", async () => {
  const bytes = await makeTeachableZip();
  const model = await importModel(bytes, OPTIONS);
  assertEquals(bytes.length, 0);
  assertEquals([model.labels, model.classCount], [["cat", "dog"], 2]);
  assertEquals([...model.files].map(([path, { length }]) => [path, length > 0]), [
    ["model.json", true],
    ["group1-shard1of1.bin", true],
  ]);
  const file = makeTfliteFile();
  const bare = await importModel(file.slice(), { ...OPTIONS, labels: ["r", "g", "b"] });
  assertEquals([...bare.files], [["model.tflite", file]]);
  assertEquals(bare.labels, ["r", "g", "b"]);
});

Deno.test("importModel() passes errors on with their codes", async () => {
  const error = await assertRejects(() => importModel(encodeLines("?"), OPTIONS), ServiceError);
  assertEquals(error.code, "unsupported_media_type");
});

Deno.test("importModel() gives up a check that takes too long", async () => {
  const error = await assertRejects(
    () => importModel(makeTfliteFile(), { ...OPTIONS, timeoutMs: 0 }),
    ServiceError,
    "its check must end well within 0 ms",
  );
  assertEquals(error.code, "model_unusable");
});

Deno.test("importModel() ends when its signal aborts, before and during the check", async () => {
  const reason = new Error("the client went away");
  const early = AbortSignal.abort(reason);
  const bytes = makeTfliteFile();
  await assertRejects(() => importModel(bytes, { ...OPTIONS, signal: early }), Error, "went away");
  assertEquals(bytes.length > 0, true, "the bytes have not moved");
  const controller = new AbortController();
  const check = importModel(bytes, { ...OPTIONS, signal: controller.signal });
  controller.abort(reason);
  await assertRejects(() => check, Error, "went away");
});

Deno.test("importModel() answers for a model that breaks its thread", async () => {
  const error = await assertRejects(
    () => importModel(makeTfliteFile(), { ...OPTIONS, tfjs: EMPTY_MODULE }),
    ServiceError,
    "its check must end well",
  );
  assertEquals(error.code, "model_unusable");
});

const EMPTY_MODULE = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
