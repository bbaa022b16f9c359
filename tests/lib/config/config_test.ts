import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  CONFIG_NAMES,
  describeConfig,
  isLoopback,
  readConfig,
} from "../../../lib/config/config.ts";

const KEY = "0123456789abcdef";

Deno.test("readConfig() gives the documented defaults for an empty environment", () => {
  const config = readConfig({});
  assertEquals(config.host, "127.0.0.1");
  assertEquals(config.port, 8000);
  assertEquals(config.dataDir, "data");
  assertEquals(config.workers, undefined);
  assert(Object.isFrozen(config));
});

Deno.test("readConfig() counts an empty variable as unset", () => {
  assertEquals(readConfig({ PORT: "", WORKERS: "" }).port, 8000);
});

Deno.test("readConfig() reads lists and accepts the bounds of numbers", () => {
  const config = readConfig({ API_KEYS: `${KEY}, ${KEY}2`, PORT: "0", WORKERS: "1" });
  assertEquals(config.apiKeys, [KEY, `${KEY}2`]);
  assertEquals(config.port, 0);
  assertEquals(config.workers, 1);
});

Deno.test("readConfig() reports all faults together with the values found", () => {
  const error = assertThrows(
    () => readConfig({ PORT: "65536", WORKERS: "0", QUEUE_MAX: "many", LOG_LEVEL: "loud" }),
    RangeError,
  );
  for (const part of ["PORT", '"65536"', "WORKERS", "QUEUE_MAX", '"many"', "LOG_LEVEL"]) {
    assertStringIncludes(error.message, part);
  }
});

Deno.test("readConfig() never repeats a key in a message", () => {
  const error = assertThrows(() => readConfig({ API_KEYS: "short" }), RangeError, "API_KEYS");
  assertEquals(error.message.includes("short"), false);
});

Deno.test("readConfig() takes a PostgreSQL URL and never repeats its password", () => {
  const url = "postgresql://user:p-a-s-s@db/lastlayer";
  assertEquals(readConfig({ DATABASE_URL: url }).databaseUrl, url);
  assertEquals(readConfig({}).databaseUrl, undefined);
  const wrong = { DATABASE_URL: url.replace("postgresql", "mysql") };
  const error = assertThrows(
    () => readConfig(wrong),
    RangeError,
    "DATABASE_URL must be postgresql:",
  );
  assertEquals(error.message.includes("p-a-s-s"), false);
});

Deno.test("readConfig() refuses a public address without keys", () => {
  assertThrows(() => readConfig({ HOST: "0.0.0.0" }), RangeError, "ALLOW_ANONYMOUS=1");
  assertEquals(readConfig({ HOST: "0.0.0.0", ALLOW_ANONYMOUS: "1" }).host, "0.0.0.0");
  assertEquals(readConfig({ HOST: "0.0.0.0", API_KEYS: KEY }).apiKeys, [KEY]);
});

Deno.test("isLoopback() tells loopback from public addresses", () => {
  for (const host of ["127.0.0.1", "127.8.9.10", "localhost", "::1"]) assert(isLoopback(host));
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org"]) {
    assert(!isLoopback(host), host);
  }
});

Deno.test("describeConfig() has a line for every variable", () => {
  for (const name of CONFIG_NAMES) assertStringIncludes(describeConfig(), `  ${name} `);
});

Deno.test("the tasks that run the service may read every setting, and no other variable", () => {
  const { tasks } = JSON.parse(
    Deno.readTextFileSync(new URL("../../../deno.json", import.meta.url)),
  );
  for (const { command } of [tasks.start, tasks.dev]) {
    const [, names = ""] = /.*--allow-env=(\S+)/.exec(command) ?? [];
    assertEquals(names.split(","), CONFIG_NAMES);
  }
});

Deno.test("readConfig() checks settings against each other, also when others are wrong", () => {
  const error = assertThrows(
    () => readConfig({ HOST: "0.0.0.0", PORT: "x", INPUTS_MAX: "9", QUEUE_MAX: "8" }),
    RangeError,
    "ALLOW_ANONYMOUS=1",
  );
  assertStringIncludes(error.message, "PORT");
  assertStringIncludes(error.message, "INPUTS_MAX must be at most QUEUE_MAX, 8");
  const uploads = { BODY_BYTES_MAX: "4096", UPLOADS_BYTES_MAX: "2048" };
  assertThrows(() => readConfig(uploads), RangeError, "UPLOADS_BYTES_MAX, 2048");
});

Deno.test("readConfig() shortens the default of INPUTS_MAX to the queue", () => {
  assertEquals(readConfig({ QUEUE_MAX: "4" }).inputsMax, 4);
});

Deno.test("readConfig() takes an IPv6 address with brackets", () => {
  assertEquals(readConfig({ HOST: "[::1]" }).host, "::1");
});
