import { assertEquals } from "@std/assert";
import { describeFileError } from "../../../lib/files/describe_file_error.ts";

Deno.test("describeFileError() puts the usual faults in words", () => {
  const words = {
    ENOSPC: "the disk is full",
    EROFS: "the file system is read-only",
    EACCES: "this user has no permission",
  };
  for (const [code, reason] of Object.entries(words)) {
    assertEquals(describeFileError(Object.assign(new Error("os error"), { code })), reason);
  }
});

Deno.test("describeFileError() gives other errors in their own words", () => {
  assertEquals(describeFileError(new Error("it broke")), "it broke");
  assertEquals(describeFileError(Object.assign(new Error("odd"), { code: "EODD" })), "odd");
  assertEquals(describeFileError(Object.assign(new Error("number"), { code: 28 })), "number");
  assertEquals(describeFileError("thrown text"), "thrown text");
});
