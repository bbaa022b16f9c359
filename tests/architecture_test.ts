import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const FOLDERS = ["lib", "models", "routes"];
const FILE_LINES_MAX = 250;

/** From each folder to those whose files it may import, besides itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  models: ["lib"],
  routes: ["models", "lib"],
};

/** Sources that have no test of their own, with the reason. */
const TESTED_ELSEWHERE = new Set([
  // Thread entry: it only runs as a worker, which worker_executor_test.ts starts.
  "models/pool/inference_worker.ts",
]);

interface SourceFile {
  path: string;
  text: string;
}

function listFiles(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))].flatMap(({ name, isDirectory }) =>
    isDirectory ? listFiles(`${folder}/${name}`) : [`${folder}/${name}`]
  ).sort();
}

function readSources(): SourceFile[] {
  return FOLDERS.flatMap(listFiles)
    .filter((path) => /\.(ts|js)$/.test(path))
    .map((path) => ({ path, text: Deno.readTextFileSync(new URL(path, ROOT)) }));
}

function importedPaths({ path, text }: SourceFile): string[] {
  const specifiers = [...text.matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+)"/g)];
  return specifiers.map(([, specifier = ""]) =>
    new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length)
  );
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, ROOT)).isFile;
  } catch {
    return false;
  }
}

Deno.test("imports run one way: main.ts -> routes -> models -> lib", () => {
  const wrong = readSources().flatMap((source) => {
    const folder = source.path.split("/")[0] ?? "";
    return importedPaths(source)
      .filter((target) => {
        const targetFolder = target.split("/")[0] ?? "";
        return targetFolder !== folder && !MAY_IMPORT[folder]?.includes(targetFolder);
      })
      .map((target) => `${source.path} imports ${target}`);
  });
  assertEquals(wrong, []);
});

Deno.test("lib and models know neither Hono nor HTTP statuses", () => {
  const wrong = readSources()
    .filter(({ path, text }) => !path.startsWith("routes/") && /from "hono/.test(text))
    .map(({ path }) => path);
  assertEquals(wrong, []);
});

Deno.test("lib knows no model: it imports no TensorFlow.js", () => {
  const wrong = readSources()
    .filter(({ path, text }) => path.startsWith("lib/") && /from "@tensorflow/.test(text))
    .map(({ path }) => path);
  assertEquals(wrong, []);
});

Deno.test("only entries read the environment", () => {
  const wrong = readSources().filter(({ text }) => /Deno\.env\b/.test(text)).map(({ path }) =>
    path
  );
  assertEquals(wrong, []);
});

Deno.test(`source files have at most ${FILE_LINES_MAX} lines`, () => {
  const wrong = readSources()
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > FILE_LINES_MAX);
  assertEquals(wrong, []);
});

Deno.test("file names are snake_case and say what the file exports", () => {
  const wrong = readSources()
    .map(({ path }) => path)
    .filter((path) =>
      !/^[a-z0-9_/]+(\.d)?\.(ts|js)$/.test(path) || /\/(index|utils?|helpers?)\./.test(path)
    );
  assertEquals(wrong, []);
});

Deno.test("every source with code in it has a test at the mirrored path", () => {
  const wrong = readSources()
    .filter(({ path, text }) =>
      path.endsWith(".ts") && !path.endsWith(".d.ts") && !TESTED_ELSEWHERE.has(path) &&
      /^export (default |async |abstract )*(function|class)\b/m.test(text)
    )
    .map(({ path }) => `tests/${path.replace(/\.ts$/, "_test.ts")}`)
    .filter((test) => !exists(test));
  assertEquals(wrong, []);
});

Deno.test("every worker thread can be asked to end", () => {
  const threads = readSources().filter(({ text }) => /^self\.onmessage = /m.test(text));
  assert(threads.length > 0);
  const wrong = threads.filter(({ text }) => !/^answerEnd\(self\);/m.test(text));
  assertEquals(wrong.map(({ path }) => path), []);
});

Deno.test("versions are pinned exactly", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const packages = Object.values<string>(imports).filter((target) => target.startsWith("npm:"));
  assert(packages.length > 0);
  assertEquals(packages.filter((target) => !/@\d+\.\d+\.\d+$/.test(target)), []);
});

Deno.test("every dependency has its line in docs/decisions.md", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const decisions = Deno.readTextFileSync(new URL("docs/decisions.md", ROOT));
  const packages = Object.keys(imports).filter((name) => imports[name].startsWith("npm:"));
  assertEquals(packages.filter((name) => !decisions.includes(`\`${name}\``)), []);
});

Deno.test("no task runs with all permissions", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const wide = Object.entries<{ command: string }>(tasks)
    .filter(([, { command }]) => /\s(-A|--allow-all)\b/.test(command))
    .map(([name]) => name);
  assertEquals(wide, []);
});
