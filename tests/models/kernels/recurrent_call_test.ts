import { assertEquals, assertLessOrEqual } from "@std/assert";
import {
  countBias,
  layOutScratch,
  LINE_LENGTH,
  locatePacked,
  type RecurrentCall,
  toByteOffset,
  writeCall,
} from "../../../models/kernels/recurrent_call.ts";

Deno.test("layOutScratch() holds the gates of a short series whole", () => {
  // 64 floats of header, 2 * 5 steps * 4 gates * 8 units, 3 rows of state * 2 * 8 units.
  assertEquals(layOutScratch({ cell: "LSTM", batch: 2, steps: 5, units: 3 }), {
    chunkSteps: 5,
    gates: 64,
    state: 64 + 320,
    length: 64 + 320 + 48,
  });
});

Deno.test("layOutScratch() does not grow with the length of the series", () => {
  const layOut = (batch: number, steps: number) => {
    return layOutScratch({ cell: "GRU", batch, steps, units: 16 });
  };
  assertEquals(layOut(1, 256), layOut(1, 1_000_000));
  assertEquals(layOut(33, 1000).chunkSteps, 4);
  assertEquals(layOut(1000, 1000).chunkSteps, 1);
  for (const batch of [1, 3, 8, 33, 64]) {
    assertLessOrEqual(layOut(batch, 1_000_000).chunkSteps * batch, 256);
  }
});

Deno.test("locatePacked() has the weights start at a line of the cache, behind the bias", () => {
  for (const start of [64, 72, 104, 120]) {
    const { bias, weights } = locatePacked(start, { cell: "GRUResetAfter", units: 10 });
    // Four rows of 16 values.
    const end = start + 4 * 16 * 4;
    assertEquals([bias, weights % 64], [start, 0]);
    assertLessOrEqual(end, weights);
    assertLessOrEqual(weights, end + LINE_LENGTH * 4);
  }
});

Deno.test("countBias() counts the second bias where there is one", () => {
  assertEquals(countBias({ cell: "LSTM", units: 3 }), 32);
  assertEquals(countBias({ cell: "GRUResetAfter", units: 3 }), 32);
});

Deno.test("writeCall() writes the fields in the order of kernels/recurrent/layer_call.ts and gradient_call.ts", async () => {
  const files = ["layer_call.ts", "gradient_call.ts"];
  const sources = await Promise.all(files.map((name) => {
    return Deno.readTextFile(new URL(`../../../kernels/recurrent/${name}`, import.meta.url));
  }));
  const names = [...sources.join().matchAll(/^ {2}(\w+): (?:usize|i32);$/gm)].map(([, name = ""]) =>
    name
  );
  const call = Object.fromEntries(names.map((name, index) => [name, index + 1])) as RecurrentCall;
  const memory = new WebAssembly.Memory({ initial: 1 });
  writeCall(memory, { offset: 64, call });
  const written = [...new Int32Array(memory.buffer, 64, names.length + 1)];
  assertEquals(written, [...names.map((_, index) => index + 1), 0]);
});

Deno.test("toByteOffset() counts four bytes for a value", () => {
  assertEquals(toByteOffset(100, 32), 228);
});
