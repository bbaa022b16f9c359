import { assert, assertEquals } from "@std/assert";
import { hasMoreJsonTokens } from "../../lib/json_tokens.ts";

function exceeds(text: string, tokensMax: number): boolean {
  return hasMoreJsonTokens(new TextEncoder().encode(text), tokensMax);
}

Deno.test("hasMoreJsonTokens() counts commas, colons and opening brackets up to the limit", () => {
  const text = '{"a":[1,{"b":2}]}'; // { : [ , { :
  assertEquals([exceeds(text, 6), exceeds(text, 5)], [false, true]);
});

Deno.test("hasMoreJsonTokens() does not look into strings", () => {
  assertEquals(exceeds('{"inputs":"[[[,,,:::\\",{\\\\"}', 2), false);
  assertEquals(exceeds('["\\\\",1]', 1), true);
});

Deno.test("hasMoreJsonTokens() ends on text that is not valid JSON", () => {
  for (const text of ["", '"', '"\\', '["abc', "\\\\\\"]) assertEquals(exceeds(text, 1), false);
});

Deno.test("hasMoreJsonTokens() stops early on millions of values, and is quick on a long string", () => {
  assert(exceeds(`[${"1,".repeat(1_000_000)}1]`, 100));
  const started = performance.now();
  assertEquals(exceeds(`{"inputs":"${"A".repeat(20_000_000)}"}`, 100), false);
  assert(performance.now() - started < 1_000);
});
