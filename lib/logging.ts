import { configure, getConsoleSink, getJsonLinesFormatter } from "@logtape/logtape";
import type { LogLevel } from "./config/config.ts";

/**
 * Sends the log to the console, one JSON object per line with `@timestamp`, `level`, `logger`
 * and `message` and the properties beside them. Libraries log through LogTape; without this call they
 * are silent.
 *
 * @param level the least important level that is written
 */
export async function configureLogging(level: LogLevel): Promise<void> {
  const formatter = getJsonLinesFormatter({ properties: "flatten" });
  await configure({
    sinks: { console: getConsoleSink({ formatter }) },
    loggers: [
      { category: "lastlayer", sinks: ["console"], lowestLevel: level },
      { category: ["logtape", "meta"], sinks: ["console"], lowestLevel: "warning" },
    ],
  });
}
