/** Runs Teachable Machine's own image library, `@teachablemachine/image`, in a headless Chromium. */

/** A model and the pictures that it is given. */
export interface LibraryTask {
  /** `model.json`, `weights.bin` and `metadata.json`. */
  files: ReadonlyMap<string, Uint8Array>;
  /** Encoded pictures that a browser shows. */
  pictures: Uint8Array[];
}

const FOLDER = new URL("./", import.meta.url);
const SCRIPTS = new Map([
  ["/tf.js", "node_modules/@tensorflow/tfjs/dist/tf.min.js"],
  [
    "/tm.js",
    "node_modules/@teachablemachine/image/dist/teachablemachine-image.min.js",
  ],
]);
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/google-chrome"];
const TIMEOUT_MS = 300_000;

/** The page that a user of the library would write; `load()` and `predict()` are the library's. */
const PAGE = `<!doctype html><script src="/tf.js"></script><script src="/tm.js"></script><script>
async function run() {
  const model = await tmImage.load("/model/model.json", "/model/metadata.json");
  const answers = [];
  for (let i = 0; i < COUNT; i++) {
    const image = new Image();
    image.src = "/picture/" + i;
    await image.decode();
    const predictions = await model.predict(image);
    answers.push(predictions.map(({ probability }) => probability));
  }
  return { answers, labels: model.getClassLabels() };
}
run().then((answer) => answer, (error) => ({ error: String(error && error.stack || error) }))
  .then((answer) => fetch("/answer", { method: "POST", body: JSON.stringify(answer) }));
</script>`;

/** Whether the library and a browser are installed; \`npm ci\` in this folder gets the library. */
export async function hasTeachableLibrary(): Promise<boolean> {
  const scripts = [...SCRIPTS.values()].map((path) => isFile(new URL(path, FOLDER)));
  return await findBrowser() !== undefined &&
    (await Promise.all(scripts)).every(Boolean);
}

/** What the library answers: the scores of each picture in the order of the labels. */
export async function predictWithTeachableLibrary(
  { files, pictures }: LibraryTask,
): Promise<{ labels: string[]; answers: number[][] }> {
  const answer = Promise.withResolvers<
    { labels: string[]; answers: number[][]; error?: string }
  >();
  const serve = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/") {
      const page = PAGE.replace("COUNT", String(pictures.length));
      return new Response(page, { headers: { "content-type": "text/html" } });
    }
    if (pathname === "/answer") {
      answer.resolve(await request.json());
      return new Response();
    }
    const script = SCRIPTS.get(pathname);
    const bytes = script
      ? await Deno.readFile(new URL(script, FOLDER))
      : files.get(pathname.slice("/model/".length)) ??
        pictures[Number(pathname.slice("/picture/".length))];
    return bytes ? new Response(bytes.slice()) : new Response(null, { status: 404 });
  };
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, serve);
  const profile = await Deno.makeTempDir();
  const browser = new Deno.Command(await findBrowser() ?? "", {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      `--user-data-dir=${profile}`,
      // Keeps the page open until it has answered; the address is its only one.
      "--remote-debugging-port=0",
      `http://127.0.0.1:${server.addr.port}/`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(
    () => answer.reject(new Error("The browser did not answer")),
    TIMEOUT_MS,
  );
  try {
    const { error, ...found } = await answer.promise;
    if (error !== undefined) {
      throw new Error(`Teachable Machine's library failed: ${error}`);
    }
    return found;
  } finally {
    clearTimeout(timer);
    browser.kill();
    await browser.status;
    // Its helpers may write for a moment longer.
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
}

async function findBrowser(): Promise<string | undefined> {
  for (const path of BROWSERS) if (await isFile(path)) return path;
  return undefined;
}

async function isFile(path: string | URL): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}
