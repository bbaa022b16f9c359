import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseManifest } from "../../../models/shipped/manifest.ts";

const MANIFEST = new URL("../../../weights/manifest.json", import.meta.url);
const MODEL = {
  name: "a",
  version: 1,
  description: "A model",
  licence: "MIT",
  source: "training/a.py",
  format: "tfjs-layers",
  input: { kind: "series", channels: 1, stepsMax: 1 },
  verbs: ["classify"],
  labels: ["x"],
  metrics: { source: "a test", values: { accuracy: 1 } },
  files: ["a/model.json", "a/weights.bin"].map((path) => ({
    path,
    bytes: 1,
    sha256: "0".repeat(64),
  })),
};

function parse(change: Record<string, unknown>) {
  return parseManifest(JSON.stringify({ models: [{ ...MODEL, ...change }] }));
}

Deno.test("parseManifest() reads the manifest of the repository", () => {
  const { models } = parseManifest(Deno.readTextFileSync(MANIFEST));
  assert(models.length > 0);
  assertEquals(new Set(models.map(({ name }) => name)).size, models.length);
  for (const { verbs, labels } of models) {
    assertEquals(verbs.includes("classify"), labels.length > 0);
  }
});

Deno.test("parseManifest() names the first fault", () => {
  assertEquals(parse({}).models[0]?.name, "a");
  assertThrows(() => parseManifest("{"), SyntaxError, "must be JSON");
  assertThrows(() => parse({ verbs: ["sing"] }), SyntaxError, "models.0.verbs.0");
  assertThrows(() => parse({ input: { kind: "smell" } }), SyntaxError, "models.0.input");
  const [file] = MODEL.files;
  for (const path of ["../a/weights.bin", "/etc/passwd", "a/b/c/d.bin"]) {
    assertThrows(() => parse({ files: [file, { ...file, path }] }), SyntaxError, "files.1.path");
  }
});
