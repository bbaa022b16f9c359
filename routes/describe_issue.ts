import type { z } from "zod";
import { showValue } from "../lib/show_value.ts";

/** The rules that follow from a type alone, for schemas that state none. */
const TYPE_RULES: Readonly<Record<string, string>> = {
  object: "must be an object",
  array: "must be a list",
  string: "must be a text",
  number: "must be a number",
  boolean: "must be true or false",
};

/**
 * One sentence for the first fault that a schema found: where, the rule, and the value there.
 *
 * @param error what the schema says; its messages state the rule, as in `must be a whole number`
 * @param root the value that was checked
 */
export function describeIssue(error: z.core.$ZodError, root: unknown): string {
  const [issue] = error.issues;
  if (!issue) return "must be valid";
  const { place, value } = findPlace(issue.path, root);
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.slice(0, 5).map((key) => JSON.stringify(key.slice(0, 40)));
    return `${place || "it"} must not have ${keys.join(", ")}`;
  }
  const rule = stateRule(issue);
  // Some rules of the whole name what they are about.
  const subject = place || (rule.startsWith("must ") ? "it" : "");
  return `${subject ? `${subject} ` : ""}${rule}: current value is ${showValue(value)}`;
}

/** Zod's own message tells the types in its own words, and what was found, which we show. */
function stateRule(issue: z.core.$ZodIssue): string {
  const isZods = issue.code === "invalid_type" && issue.message.startsWith("Invalid input");
  return isZods ? TYPE_RULES[issue.expected] ?? issue.message : issue.message;
}

/** How far a path leads into a value: a text that stands for a list has no parts of its own. */
function findPlace(path: readonly PropertyKey[], root: unknown) {
  let value = root;
  let depth = 0;
  for (; depth < path.length && typeof value !== "string"; depth++) {
    value = (value as Record<PropertyKey, unknown> | undefined)?.[path[depth] ?? ""];
  }
  return { place: path.slice(0, depth).join("."), value };
}
