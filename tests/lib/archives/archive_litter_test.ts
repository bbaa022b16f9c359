import { assertEquals } from "@std/assert";
import { isArchiveLitter } from "../../../lib/archives/archive_litter.ts";

Deno.test("isArchiveLitter() knows what operating systems add", () => {
  const litter = [
    "__MACOSX/pets/cats/._a.jpg",
    "pets/__MACOSX/a.jpg",
    "pets/cats/.DS_Store",
    ".git/config",
    "pets/.git/config",
    "Thumbs.db",
    "pets/thumbs.db",
    "pets/desktop.ini",
  ];
  assertEquals(litter.filter((path) => !isArchiveLitter(path)), []);
});

Deno.test("isArchiveLitter() leaves everything else", () => {
  const files = [
    "a.jpg",
    "pets/a.b.jpg",
    "__MACOSX",
    "my__MACOSX/a.jpg",
    "thumbs.db/a",
    "athumbs.db",
  ];
  assertEquals(files.filter(isArchiveLitter), []);
});
