import { assertEquals } from "@std/assert";
import { selectRows } from "../../../models/training/select_rows.ts";

const MATRIX = Float32Array.of(1, 2, 3, 4, 5, 6);

Deno.test("selectRows() copies rows in the order given, also twice", () => {
  const selected = selectRows(MATRIX, { rows: [2, 0, 2], length: 2 });
  assertEquals(selected, Float32Array.of(5, 6, 1, 2, 5, 6));
  selected.fill(0);
  assertEquals(MATRIX[4], 5);
});

Deno.test("selectRows() gives nothing for no rows", () => {
  assertEquals(selectRows(MATRIX, { rows: new Uint32Array(), length: 2 }).length, 0);
});
