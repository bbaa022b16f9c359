import { assertEquals } from "@std/assert";
import { Tombstones } from "../../../models/sequences/tombstones.ts";

const ADDRESS = { id: "sequence-1", model: "motion", owner: "me" };

Deno.test("explain() says how a sequence ended", () => {
  for (const end of ["expired", "evicted", "deleted"] as const) {
    const tombstones = new Tombstones();
    tombstones.add(ADDRESS, end);
    assertEquals(tombstones.explain(ADDRESS).code, `sequence_${end}`);
    assertEquals(tombstones.counts[end], 1);
  }
});

Deno.test("explain() tells nobody else that there was one", () => {
  const tombstones = new Tombstones();
  tombstones.add(ADDRESS, "deleted");
  for (const other of [{ owner: "you" }, { model: "other" }, { id: "sequence-2" }]) {
    assertEquals(tombstones.explain({ ...ADDRESS, ...other }).code, "sequence_not_found");
  }
});

Deno.test("add() forgets the oldest end beyond the limit", () => {
  const tombstones = new Tombstones(2);
  const addresses = ["a", "b", "c"].map((id) => ({ ...ADDRESS, id }));
  for (const address of addresses) tombstones.add(address, "expired");
  assertEquals(
    addresses.map((address) => tombstones.explain(address).code),
    ["sequence_not_found", "sequence_expired", "sequence_expired"],
  );
  assertEquals(tombstones.counts.expired, 3);
});
