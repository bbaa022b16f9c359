import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { describeIssue } from "../../routes/describe_issue.ts";

const SCHEMA = z.strictObject({ list: z.array(z.number("must be a number")) }, "must be an object");

function describe(value: unknown): string {
  const { error } = SCHEMA.safeParse(value);
  return error ? describeIssue(error, value) : "sound";
}

Deno.test("describeIssue() gives the place, the rule and the value", () => {
  assertEquals(describe({ list: [1, "x"] }), 'list.1 must be a number: current value is "x"');
  assertEquals(describe(7), "it must be an object: current value is 7");
});

Deno.test("describeIssue() states the rule of a type where the schema states none", () => {
  const schema = z.strictObject({ size: z.number(), names: z.array(z.string()) });
  const cases: [value: unknown, expected: string][] = [
    [[], "it must be an object: current value is []"],
    [{ size: "x", names: [] }, 'size must be a number: current value is "x"'],
    [{ size: 1, names: {} }, "names must be a list: current value is {}"],
    [{ size: 1, names: [true] }, "names.0 must be a text: current value is true"],
  ];
  for (const [value, expected] of cases) {
    const { error } = schema.safeParse(value);
    assertEquals(error && describeIssue(error, value), expected);
  }
});

Deno.test("describeIssue() shows a text that stands for a list as a whole", () => {
  const { error } = z.strictObject({
    list: z.string().transform((text) => text.split(",")).pipe(
      z.array(z.enum(["a", "b"], "must be of a and b")),
    ),
  }).safeParse({ list: "a,foo" });
  assert(error);
  const expected = 'list must be of a and b: current value is "a,foo"';
  assertEquals(describeIssue(error, { list: "a,foo" }), expected);
});

Deno.test("describeIssue() shows a number that JSON cannot say", () => {
  const expected = "list.0 must be a number: current value is Infinity";
  assertEquals(describe(JSON.parse('{"list":[1e400]}')), expected);
});

Deno.test("describeIssue() names what must not be there", () => {
  assertEquals(describe({ list: [], more: 1 }), 'it must not have "more"');
});

Deno.test("describeIssue() stays short whatever the value is", () => {
  assert(describe({ list: ["x".repeat(1_000_000)] }).length < 150);
  assert(describe({ list: [], ["x".repeat(1_000_000)]: 1 }).length < 150);
});
