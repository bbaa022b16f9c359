import { assertEquals } from "@std/assert";
import { rejectSample } from "../../../lib/datasets/sample_source.ts";
import { ServiceError } from "../../../lib/service_error.ts";

Deno.test("rejectSample() keeps code and message of a known error, and hides others", () => {
  assertEquals(rejectSample("a.jpg", new ServiceError("not_an_image", "No image")), {
    name: "a.jpg",
    code: "not_an_image",
    reason: "No image",
  });
  const { code, reason } = rejectSample("a.jpg", new Error("secret"));
  assertEquals([code, reason.includes("secret")], ["internal_error", false]);
});
