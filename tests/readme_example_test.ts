import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { createShippedApp } from "./shipped_app.ts";

const PICTURE = new URL("../docs/pictures/school_bus.png", import.meta.url);

Deno.test("the README's first example answers what the picture shows", async () => {
  const { app, pool } = await createShippedApp();
  const body = Deno.readFileSync(PICTURE);
  const answer = await app.request("/v1/models/edge-cnn:classify", { method: "POST", body });
  assertEquals(answer.status, 200);
  const { predictions } = await answer.json();
  assertEquals(predictions[0].label, "school bus");
  assertGreaterOrEqual(predictions[0].score, 0.5);
  pool.close();
});
