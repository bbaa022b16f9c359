import { assertEquals } from "@std/assert";
import { ServiceError } from "../../lib/service_error.ts";
import { describeOpenAiError, isOpenAiPath } from "../../routes/openai_error.ts";
import { createTestApp } from "./test_app.ts";

Deno.test("describeOpenAiError() tells whose fault it is by the status", () => {
  const error = new ServiceError("invalid_value", "wrong", { param: "seed" });
  assertEquals(describeOpenAiError(error, 422), {
    error: {
      message: "wrong",
      type: "invalid_request_error",
      param: "seed",
      code: "invalid_value",
    },
  });
  const full = describeOpenAiError(new ServiceError("queue_full", "full"), 429);
  assertEquals([full.error.type, full.error.param], ["rate_limit_error", null]);
  const broken = describeOpenAiError(new ServiceError("internal_error", "oh"), 500);
  assertEquals(broken.error.type, "server_error");
});

Deno.test("isOpenAiPath() is true below /v1/fine_tuning alone", () => {
  assertEquals(isOpenAiPath("/v1/fine_tuning/jobs"), true);
  assertEquals(isOpenAiPath("/v1/models"), false);
});

Deno.test("errors of the whole app have OpenAI's form there", async () => {
  await using test = await createTestApp({}, { apiKeys: ["sixteen-characters"] });
  const unauthorized = await test.app.request("/v1/fine_tuning/jobs");
  assertEquals([unauthorized.status, (await unauthorized.json()).error.code], [
    401,
    "unauthorized",
  ]);
  await using open = await createTestApp();
  const missing = await open.app.request("/v1/fine_tuning/nothing");
  assertEquals([missing.status, (await missing.json()).error.code], [404, "not_found"]);
});
