import { assert, assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { isRecord, readTfjsFiles } from "../../../models/formats/tfjs_files.ts";
import { createFiles, editModelFile, type ModelJson, type WeightFixture } from "./tfjs_fixtures.ts";

const WEIGHTS: WeightFixture[] = [
  { name: "kernel", shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
  { name: "bias", shape: [3], values: [7, 8, 9], stored: "uint8" },
];

function createSound(shards = 1): Map<string, Uint8Array> {
  return createFiles({ modelTopology: { any: "thing" } }, { weights: WEIGHTS, shards });
}

function assertRefused(files: Map<string, Uint8Array>, message: string): void {
  const error = assertThrows(() => readTfjsFiles(files), ServiceError);
  assertEquals(error.code, "model_unusable");
  assert(error.message.includes(message), error.message);
}

Deno.test("readTfjsFiles() joins shards in the order of the manifest", () => {
  const whole = readTfjsFiles(createSound());
  assertEquals(whole.modelTopology, { any: "thing" });
  assertEquals(whole.weightSpecs.map(({ name }) => name), ["kernel", "bias"]);
  assertEquals(new Float32Array(whole.weightData, 0, 6), new Float32Array([1, 2, 3, 4, 5, 6]));
  assertEquals(readTfjsFiles(createSound(4)).weightData, whole.weightData);
});

Deno.test("readTfjsFiles() reads files over shared memory", () => {
  const shared = new Map([...createSound()].map(([path, bytes]) => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    return [path, copy];
  }));
  assertEquals(readTfjsFiles(shared).weightData, readTfjsFiles(createSound()).weightData);
});

Deno.test("readTfjsFiles() refuses a model.json that is missing, no JSON, or no model", () => {
  const files = createSound();
  const encode = (text: string) => new Map(files).set("model.json", new TextEncoder().encode(text));
  assertRefused(new Map(), "model.json is missing");
  assertRefused(encode("{"), "model.json is not JSON");
  assertRefused(new Map(files).set("model.json", new Uint8Array([34, 255, 34])), "is not JSON");
  assertRefused(encode("[]"), "model.json is not a JSON object");
  assertRefused(encode("{}"), 'has no object "modelTopology"');
  assertRefused(encode('{"modelTopology": {}}'), 'has no list "weightsManifest"');
});

Deno.test("readTfjsFiles() refuses a shard that is missing or of another length", () => {
  const files = createSound(2);
  const name = "group1-shard2of2.bin";
  const missing = new Map(files);
  missing.delete(name);
  assertRefused(missing, `weight file "${name}" is missing`);
  const short = new Map(files).set(name, (files.get(name) ?? new Uint8Array()).slice(1));
  assertRefused(short, "group1-shard2of2.bin must have 27 bytes: found 26");
});

Deno.test("readTfjsFiles() refuses weights that it cannot read", () => {
  const cases: [(weight: ModelJson) => void, string][] = [
    [(weight) => weight.dtype = "string", "must be float32, int32, bool: found string"],
    [(weight) => weight.shape = [-1], "each weight must have a name and a shape"],
    [(weight) => delete weight.name, "each weight must have a name and a shape"],
    [(weight) => weight.quantization = { dtype: "int4" }, "stored as uint8, uint16, float16"],
    [(weight) => weight.quantization = { dtype: "uint8" }, "must have a scale and a min"],
    [(weight) => weight.shape = [2, 4], "must have 35 bytes: found 27"],
    [(weight) => weight.shape = [2 ** 40], "must have"],
  ];
  for (const [edit, message] of cases) {
    const files = editModelFile(createSound(), (json) => edit(json.weightsManifest[0].weights[0]));
    assertRefused(files, message);
  }
  assertRefused(editModelFile(createSound(), (json) => json.weightsManifest = [1]), "each group");
});

Deno.test("isRecord() is true for objects alone", () => {
  assertEquals([{}, [], null, "", 1].map(isRecord), [true, false, false, false, false]);
});
