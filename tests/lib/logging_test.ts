import { assertEquals } from "@std/assert";

Deno.test("configureLogging() writes one JSON object per line from its level up", async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { getLogger } from "@logtape/logtape";
       import { configureLogging } from "${import.meta.resolve("../../lib/logging.ts")}";
       await configureLogging("info");
       const logger = getLogger(["lastlayer", "test"]);
       logger.debug("hidden");
       logger.info("request", { status: 200 });
       logger.error("broken");`,
    ],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const decode = (bytes: Uint8Array) =>
    new TextDecoder().decode(bytes).trim().split("\n").map((line) => JSON.parse(line));
  const [line, ...more] = decode(stdout);
  assertEquals(more, []);
  assertEquals([line.level, line.message, line.logger], ["INFO", "request", "lastlayer.test"]);
  assertEquals(line.status, 200);
  assertEquals(decode(stderr).map(({ message }) => message), ["broken"]);
});
