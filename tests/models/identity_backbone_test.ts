import { assertEquals, assertNotEquals } from "@std/assert";
import { makeIdentityBackbone } from "../../models/identity_backbone.ts";

Deno.test("makeIdentityBackbone() has the same hash for vectors of the same length alone", () => {
  assertEquals(makeIdentityBackbone(3), makeIdentityBackbone(3));
  assertNotEquals(makeIdentityBackbone(3).hash, makeIdentityBackbone(4).hash);
  assertEquals(makeIdentityBackbone(3).input, { kind: "vector", length: 3 });
});
