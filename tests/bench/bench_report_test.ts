import { assertEquals, assertStringIncludes } from "@std/assert";
import { compareWithTarget, formatReport } from "../../bench/bench_report.ts";

Deno.test("compareWithTarget() takes the bound itself as reached", () => {
  assertEquals(compareWithTarget("x", 2, { atLeast: 2, unit: "times" }).holds, true);
  assertEquals(compareWithTarget("x", 2, { atMost: 2, unit: "s" }).holds, true);
});

Deno.test("compareWithTarget() misses on the wrong side of the bound, and without a number", () => {
  assertEquals(compareWithTarget("x", 1.99, { atLeast: 2, unit: "times" }).holds, false);
  assertEquals(compareWithTarget("x", 2.01, { atMost: 2, unit: "s" }).holds, false);
  assertEquals(compareWithTarget("x", NaN, { atMost: 2, unit: "s" }).holds, false);
});

Deno.test("formatReport() lines numbers up on the right and says which targets are missed", () => {
  const text = formatReport({
    tables: [{ title: "Times", rows: [{ "": "a", ms: 1.234 }, { "": "bcd", ms: 12.34 }] }],
    targets: [compareWithTarget("speed", 1, { atLeast: 2, unit: "times" })],
  });
  assertStringIncludes(text, "  a    1.23\n  bcd  12.3");
  assertStringIncludes(text, "at least 2 times  1 times   MISSED");
});
