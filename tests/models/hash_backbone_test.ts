import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { hashBackbone } from "../../models/hash_backbone.ts";
import { TINY_INPUT } from "./tiny_model.ts";

const FILES = [{ path: "a/model.json", sha256: "1" }, { path: "a/b.bin", sha256: "2" }];

Deno.test("hashBackbone() is the SHA-256 of what sha256sum would print", () => {
  const expected = createHash("sha256").update("1  a/model.json\n2  a/b.bin\n").digest("hex");
  assertEquals(hashBackbone(FILES), expected);
});

Deno.test("hashBackbone() differs with content, names and input, not with the order of fields", () => {
  const { kind, ...rest } = TINY_INPUT;
  const hashes = [
    hashBackbone(FILES),
    hashBackbone(FILES, TINY_INPUT),
    hashBackbone(FILES, { ...TINY_INPUT, scale: 2 }),
    hashBackbone(FILES.toReversed()),
    hashBackbone([]),
  ];
  assertEquals(new Set(hashes).size, hashes.length);
  assertEquals(hashBackbone(FILES, { ...rest, kind }), hashes[1]);
});
