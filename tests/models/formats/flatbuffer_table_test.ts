import { assertEquals, assertThrows } from "@std/assert";
import { Builder } from "flatbuffers";
import { FlatTable } from "../../../models/formats/flatbuffer_table.ts";

/** A table with one field of each kind. */
function buildTable(): Uint8Array {
  const builder = new Builder();
  builder.startVector(4, 3, 4);
  for (const value of [3, -2, 1]) builder.addInt32(value);
  const int32s = builder.endVector();
  builder.startVector(8, 2, 8);
  for (const value of [-5n, 7n]) builder.addInt64(value);
  const int64s = builder.endVector();
  const blob = builder.createByteVector(new Uint8Array([9, 8]));
  builder.startObject(1);
  builder.addFieldInt32(0, 11, 0);
  const child = builder.endObject();
  builder.startVector(4, 2, 4);
  builder.addOffset(child);
  builder.addOffset(child);
  const children = builder.endVector();
  builder.startObject(9);
  builder.addFieldInt8(0, -3, 0);
  builder.addFieldInt32(1, -70000, 0);
  builder.addFieldFloat32(2, 0.5, 0);
  builder.addFieldOffset(3, int32s, 0);
  builder.addFieldOffset(4, int64s, 0);
  builder.addFieldOffset(5, blob, 0);
  builder.addFieldOffset(6, child, 0);
  builder.addFieldOffset(7, children, 0);
  builder.finish(builder.endObject(), "TEST");
  return builder.asUint8Array().slice();
}

Deno.test("FlatTable reads every kind of field", () => {
  const table = FlatTable.root(buildTable(), "TEST");
  assertEquals(table.int8(0), -3);
  assertEquals(table.int32(1), -70000);
  assertEquals(table.uint32(1), 4294897296);
  assertEquals(table.float32(2), 0.5);
  assertEquals(table.int32s(3, 10), [1, -2, 3]);
  assertEquals(table.int64s(4, 10), [7, -5]);
  assertEquals(table.blob(5), new Uint8Array([9, 8]));
  assertEquals(table.table(6)?.int32(0), 11);
  assertEquals(table.tables(7, 10).map((child) => child.int32(0)), [11, 11]);
});

Deno.test("FlatTable reads absent fields as their defaults", () => {
  for (const table of [FlatTable.root(buildTable(), "TEST"), FlatTable.empty()]) {
    for (const field of [8, 200]) {
      assertEquals(table.int8(field, 4), 4);
      assertEquals(table.int32(field), 0);
      assertEquals(table.float32(field, 1.5), 1.5);
      assertEquals(table.int32s(field, 10), []);
      assertEquals(table.blob(field).length, 0);
      assertEquals(table.table(field), undefined);
      assertEquals(table.tables(field, 10), []);
    }
  }
});

Deno.test("FlatTable reads a file that lies inside of a larger buffer", () => {
  const bytes = buildTable();
  const larger = new Uint8Array(bytes.length + 10);
  larger.set(bytes, 3);
  const table = FlatTable.root(larger.subarray(3, 3 + bytes.length), "TEST");
  assertEquals(table.int32s(3, 10), [1, -2, 3]);
});

Deno.test("FlatTable.root() throws for another identifier and for too few bytes", () => {
  assertThrows(() => FlatTable.root(buildTable(), "TFL3"), SyntaxError, '"TFL3": found "TEST"');
  for (const length of [0, 3, 7]) {
    assertThrows(() => FlatTable.root(buildTable().subarray(0, length), "TEST"), SyntaxError);
  }
});

Deno.test("FlatTable throws for a vector that is longer than allowed", () => {
  const table = FlatTable.root(buildTable(), "TEST");
  assertThrows(() => table.int32s(3, 2), SyntaxError, "at most 2 elements: found 3");
});

Deno.test("FlatTable throws for offsets that leave the file", () => {
  const bytes = buildTable();
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  assertThrows(() => FlatTable.root(bytes, "TEST"), SyntaxError, "must lie within the file's");
  // A vtable that would start before the file.
  const turned = buildTable();
  const root = new DataView(turned.buffer).getUint32(0, true);
  new DataView(turned.buffer).setInt32(root, 2 ** 30, true);
  assertThrows(() => FlatTable.root(turned, "TEST"), SyntaxError, "must lie within the file's");
});

Deno.test("FlatTable throws once its vectors cover more than twice the file", () => {
  const bytes = buildTable();
  const table = FlatTable.root(bytes, "TEST");
  assertThrows(
    () => {
      for (let i = 0; i < bytes.length; i++) table.int64s(4, 10);
    },
    SyntaxError,
    "its vectors overlap",
  );
});
