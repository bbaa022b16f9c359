import { assertEquals, assertThrows } from "@std/assert";
import { encodeSeries, encodeVector } from "../../../lib/datasets/encode_values.ts";
import { writeSampleContent } from "../../../lib/datasets/write_sample_content.ts";
import { readFixture } from "../images/fixture_pictures.ts";
import { encode } from "../storage/storage_fixtures.ts";

Deno.test("writeSampleContent() gives pictures and texts as they are, with their type", () => {
  const bytes = new Uint8Array(readFixture("lossy.webp"));
  assertEquals(writeSampleContent(bytes, "image"), { mediaType: "image/webp", content: bytes });
  assertEquals(writeSampleContent(encode("<b>"), "text"), {
    mediaType: "text/plain; charset=utf-8",
    content: encode("<b>"),
  });
});

Deno.test("writeSampleContent() writes numbers as CSV", () => {
  assertEquals(
    writeSampleContent(encodeSeries([[1, 2], [3.5, -4]]), "series").content,
    "1,2\n3.5,-4\n",
  );
  assertEquals(writeSampleContent(encodeSeries([1, 2]), "series").content, "1\n2\n");
  assertEquals(writeSampleContent(encodeVector([1, 2.5]), "vector").content, "1,2.5\n");
});

Deno.test("writeSampleContent() refuses a series that is none", () => {
  assertThrows(() => writeSampleContent(new Uint8Array(5), "series"), RangeError);
});
