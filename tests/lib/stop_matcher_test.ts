import { assertEquals } from "@std/assert";
import { StopMatcher } from "../../lib/stop_matcher.ts";

/** The text that is given out, up to and without the stop string, and whether there was one. */
function run(text: string, stops: string[]): [string, boolean] {
  const matcher = new StopMatcher(stops);
  let given = "";
  for (const character of text) {
    given += matcher.push(character);
    if (matcher.isStopped) return [given, true];
  }
  return [given + matcher.flush(), false];
}

Deno.test("StopMatcher ends before the first stop string, whichever it is", () => {
  assertEquals(run("abcdef", ["e", "cd"]), ["ab", true]);
  assertEquals(run("abcdef", ["x", "yz"]), ["abcdef", false]);
  assertEquals(run("ab", ["ab"]), ["", true]);
  // Both end at one character: the longer one begins earlier.
  assertEquals(run("xabc", ["c", "abc"]), ["x", true]);
});

Deno.test("StopMatcher finds what a false start overlaps", () => {
  assertEquals(run("aaab!", ["aab"]), ["a", true]);
  assertEquals(run("ababac!", ["abac"]), ["ab", true]);
  assertEquals(run("a\n\n\nb", ["\n\n"]), ["a", true]);
});

Deno.test("StopMatcher agrees with indexOf on every text of two letters", () => {
  for (let bits = 0; bits < 1024; bits++) {
    const text = bits.toString(2).padStart(10, "0");
    for (const stop of ["0", "01", "110", "0101"]) {
      const place = text.indexOf(stop);
      assertEquals(run(text, [stop]), place < 0 ? [text, false] : [text.slice(0, place), true]);
    }
  }
});

Deno.test("StopMatcher holds back no more than it must", () => {
  const matcher = new StopMatcher(["END"]);
  assertEquals([..."xENx"].map((each) => matcher.push(each)), ["x", "", "", "ENx"]);
  const none = new StopMatcher([]);
  assertEquals([..."ab"].map((each) => none.push(each)), ["a", "b"]);
});
