import { assertEquals } from "@std/assert";
import { createOpenApiDocument } from "../../routes/openapi.ts";
import { addSharedResponses } from "../../routes/shared_responses.ts";

/** Status and the schema of its body, of each answer of a call. */
function describeAnswers(method: "get" | "post" | "put", path: string): string[] {
  const { responses = {} } = createOpenApiDocument().paths?.[path]?.[method] ?? {};
  return Object.entries(responses).map(([status, answer]) => {
    const schema = JSON.stringify(answer).match(/schemas\/(\w+)"/)?.[1] ?? "";
    return `${status} ${schema}`;
  });
}

Deno.test("addSharedResponses() says what any call may answer, in the form of its path", () => {
  const errors = (...statuses: number[]) => statuses.map((status) => `${status} Error`);
  assertEquals(
    describeAnswers("put", "/v1/models/{model}/labels/{label}").slice(1),
    errors(400, 401, 404, 409, 413, 422, 429, 503, 504, 507),
  );
  assertEquals(
    describeAnswers("post", "/v1/models/{model}:generate").slice(1),
    errors(400, 401, 404, 409, 413, 415, 422, 429, 503, 504),
  );
  assertEquals(
    describeAnswers("get", "/v1/fine_tuning/jobs/{job}").slice(-2),
    ["503 OpenAiError", "504 OpenAiError"],
  );
  assertEquals(describeAnswers("get", "/v2/health/live").length, 1);
});

Deno.test("addSharedResponses() leaves what a call says itself", () => {
  const post = { requestBody: { content: {} }, responses: { 429: { description: "Its own" } } };
  const described = addSharedResponses({ "/v1/datasets": { post } })["/v1/datasets"];
  const responses: Record<string, unknown> = { ...described?.post?.responses };
  assertEquals(Object.keys(responses), ["413", "429", "503", "504", "507"]);
  assertEquals(responses["429"], { description: "Its own" });
});
