import { assertEquals } from "@std/assert";
import { ServiceError, toErrorDetails, toErrorFields } from "../../lib/service_error.ts";

Deno.test("toErrorFields() keeps the code and message of a ServiceError", () => {
  const error = new ServiceError("invalid_value", "k must be >= 1");
  assertEquals(toErrorFields(error), { code: "invalid_value", message: "k must be >= 1" });
});

Deno.test("toErrorFields() hides the message of any other error", () => {
  const { code, message } = toErrorFields(new TypeError("secret path"));
  assertEquals(code, "internal_error");
  assertEquals(message.includes("secret"), false);
});

Deno.test("ServiceError says which parameter is at fault, where one is", () => {
  assertEquals(new ServiceError("invalid_value", "message", { param: "seed" }).param, "seed");
  assertEquals(new ServiceError("invalid_value", "message").param, undefined);
});

Deno.test("toErrorDetails() tells where an error comes from, and what else was thrown", () => {
  assertEquals(toErrorDetails(new Error("broken")).split("\n")[0], "Error: broken");
  assertEquals(toErrorDetails(new Error("broken")).includes("service_error_test.ts"), true);
  assertEquals(toErrorDetails("no error"), "no error");
});
