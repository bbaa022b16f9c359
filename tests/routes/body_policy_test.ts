import { assertEquals } from "@std/assert";
import { readConfig } from "../../lib/config/config.ts";
import { bodyPolicy } from "../../routes/body_policy.ts";

const LIMITS = readConfig({
  BODY_BYTES_MAX: "2000",
  UPLOADS_BYTES_MAX: "2000",
  DATASET_UPLOAD_BYTES_MAX: "3000",
  REQUEST_TIMEOUT_MS: "40",
  UPLOAD_TIMEOUT_MS: "50",
});

Deno.test("bodyPolicy() gives uploads of samples more room and time", () => {
  assertEquals(
    bodyPolicy({ method: "POST", path: "/v1/models/m:finetune" }, LIMITS).isStreamed,
    true,
  );
  assertEquals(bodyPolicy({ method: "POST", path: "/v1/datasets/pets/samples" }, LIMITS), {
    isStreamed: true,
    bytesMax: 3000,
    timeoutMs: 50,
  });
});

Deno.test("bodyPolicy() gives an imported model and a deleted dataset more time", () => {
  for (
    const request of [
      { method: "POST", path: "/v1/models" },
      { method: "DELETE", path: "/v1/datasets/pets" },
    ]
  ) {
    assertEquals(bodyPolicy(request, LIMITS), {
      isStreamed: false,
      bytesMax: 2000,
      timeoutMs: 50,
    });
  }
});

Deno.test("bodyPolicy() gives all other requests the limits of a request", () => {
  for (
    const [method, path] of [
      ["GET", "/v1/datasets/pets/samples"],
      ["POST", "/v1/datasets"],
      ["GET", "/v1/models"],
      ["GET", "/v1/datasets/pets"],
      ["DELETE", "/v1/datasets/pets/samples/1"],
      ["POST", "/v1/datasets/pets/samples/1"],
      ["POST", "/v1/models/tiny:classify"],
    ] as const
  ) {
    assertEquals(bodyPolicy({ method, path }, LIMITS), {
      isStreamed: false,
      bytesMax: 2000,
      timeoutMs: 40,
    });
  }
});
