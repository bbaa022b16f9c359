import { assertEquals } from "@std/assert";
import { type Change, ChangeEmitter, parseChange } from "../../../lib/storage/changes.ts";

const change: Change = { topic: "job", id: "ftjob-1" };

Deno.test("ChangeEmitter calls each listener until it is disposed of", () => {
  const emitter = new ChangeEmitter();
  const seen: Change[] = [];
  const listener = (found: Change) => void seen.push(found);
  const first = emitter.add(listener);
  {
    using _second = emitter.add(listener);
    emitter.emit(change);
  }
  emitter.emit(change);
  first[Symbol.dispose]();
  emitter.emit(change);
  assertEquals(seen, [change, change, change]);
});

Deno.test("parseChange() reads what was written and nothing else", () => {
  assertEquals(parseChange(JSON.stringify(change)), change);
  for (const text of ["", "null", "{", '{"topic":"other","id":""}', '{"topic":"job"}', "[]"]) {
    assertEquals(parseChange(text), undefined, text);
  }
});
