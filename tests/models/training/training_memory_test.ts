import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { type MemoryMatrix, TrainingMemory } from "../../../models/training/training_memory.ts";
import { drawNumbers, fillRandom, readCell } from "./matrices.ts";

/** Sizes that reach each tile of the kernels and what is left over beside it. */
const SHAPES = [[1, 1, 4], [3, 3, 16], [5, 4, 20], [8, 7, 36], [67, 20, 132], [
  130,
  5,
  12,
]] as const;

function sum(length: number, term: (index: number) => number): number {
  let total = 0;
  for (let index = 0; index < length; index++) total += term(index);
  return total;
}

Deno.test("multiplyTransposed() agrees with the definition of a product", () => {
  for (const [rows, columns, depth] of SHAPES) {
    const memory = new TrainingMemory(2 ** 24);
    const a = memory.allocateMatrix(rows, depth + 4);
    const b = memory.allocateMatrix(columns, depth + 8);
    const c = memory.allocateMatrix(rows, columns + 4);
    fillRandom(memory, a, 1);
    fillRandom(memory, b, 2);
    memory.floats(c).fill(7);
    memory.kernels.multiplyTransposed(
      ...[a.pointer, a.stride, b.pointer, b.stride, c.pointer, c.stride, rows, columns, depth],
    );
    forEachCell(rows, columns, (row, column) => {
      const expected = sum(
        depth,
        (i) => readCell(memory, a, [row, i]) * readCell(memory, b, [column, i]),
      );
      assertAlmostEquals(readCell(memory, c, [row, column]), expected, 1e-5);
    });
    assertEquals(readCell(memory, c, [0, columns]), 7);
  }
});

Deno.test("multiplyStrided() agrees with the definition of a product, transposed or not", () => {
  for (const isTransposed of [true, false]) {
    for (const [depth, rows, columns] of SHAPES) {
      const memory = new TrainingMemory(2 ** 24);
      const a = memory.allocateMatrix(isTransposed ? depth : rows, 4 * Math.ceil(depth / 4) + 24);
      const b = memory.allocateMatrix(depth, columns + 4);
      const c = memory.allocateMatrix(rows, columns + 8);
      fillRandom(memory, a, 1);
      fillRandom(memory, b, 2);
      memory.floats(c).fill(7);
      const strides = isTransposed ? [a.stride, 1] : [1, a.stride];
      memory.kernels.multiplyStrided(
        ...[a.pointer, ...strides, b.pointer, b.stride, c.pointer, c.stride],
        ...[rows, columns, depth],
      );
      forEachCell(rows, columns, (row, column) => {
        const expected = sum(depth, (i) => {
          const factor = readCell(memory, a, isTransposed ? [i, row] : [row, i]);
          return factor * readCell(memory, b, [i, column]);
        });
        assertAlmostEquals(readCell(memory, c, [row, column]), expected, 1e-5);
      });
      assertEquals(readCell(memory, c, [0, columns]), 7);
    }
  }
});

function forEachCell(rows: number, columns: number, visit: (row: number, column: number) => void) {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) visit(row, column);
  }
}

/** Cross-entropy in float64, as it is defined. */
function crossEntropy(logits: number[], own: number): number {
  return Math.log(sum(logits.length, (i) => Math.exp((logits[i] ?? NaN) - (logits[own] ?? NaN))));
}

function createLogits(memory: TrainingMemory): { logits: MemoryMatrix; rows: number[][] } {
  const logits = memory.allocateMatrix(3, 8);
  const rows = [[1, 2, 3, -4, 0.5], [30, -30, 5, 5, 5], [-0.1, 0, 0.1, 0.2, -80]];
  memory.floats(logits).fill(-1e30);
  rows.forEach((row, index) => memory.floats(logits).set(row, 8 * index));
  return { logits, rows };
}

Deno.test("crossEntropyGradient() agrees with softmax in float64", () => {
  const memory = new TrainingMemory(2 ** 20);
  const { logits, rows } = createLogits(memory);
  const gradient = memory.allocateMatrix(3, 8);
  const classes = memory.allocate(3);
  const weights = memory.allocate(3);
  const own = [2, 1, 4];
  memory.integers(classes).set(own);
  memory.floats(weights).set([0.5, 2, 0]);
  const value = memory.kernels.crossEntropyGradient(
    ...[logits.pointer, gradient.pointer, 8, classes.pointer, weights.pointer, 3],
  );
  const losses = rows.map((row, i) => crossEntropy(row, own[i] ?? NaN));
  assertAlmostEquals(value, 0.5 * (losses[0] ?? NaN) + 2 * (losses[1] ?? NaN), 1e-5);
  rows.forEach((row, i) =>
    row.forEach((_, c) => {
      const probability = Math.exp(-crossEntropy(row, c));
      const expected = [0.5, 2, 0][i] as number * (probability - Number(c === own[i]));
      assertAlmostEquals(readCell(memory, gradient, [i, c]), expected, 1e-6);
    })
  );
  assertEquals(readCell(memory, gradient, [0, 6]), 0);
});

Deno.test("crossEntropyAlong() gives the value at a step and the slope there", () => {
  const memory = new TrainingMemory(2 ** 20);
  const { logits, rows } = createLogits(memory);
  const direction = memory.allocateMatrix(3, 8);
  const directions = rows.map((row, i) => row.map((_, c) => Math.fround(Math.sin(5 * i + c))));
  directions.forEach((row, i) => memory.floats(direction).set(row, 8 * i));
  const classes = memory.allocate(3);
  const weights = memory.allocate(3);
  memory.integers(classes).set([2, 1, 0]);
  memory.floats(weights).fill(1 / 3);
  const point = memory.allocate(4);
  const expectedAt = (step: number) =>
    sum(3, (i) => {
      const moved = rows[i]?.map((z, c) => z + step * (directions[i]?.[c] ?? NaN)) ?? [];
      return crossEntropy(moved, [2, 1, 0][i] ?? NaN) / 3;
    });
  for (const step of [0, 0.7, 3]) {
    memory.kernels.crossEntropyAlong(
      ...[logits.pointer, direction.pointer, step, 8],
      ...[classes.pointer, weights.pointer, 3, point.pointer],
    );
    const [value = NaN, slope = NaN] = memory.doubles(point, 2);
    assertAlmostEquals(value, expectedAt(step), 1e-5);
    assertAlmostEquals(slope, (expectedAt(step + 1e-4) - expectedAt(step - 1e-4)) / 2e-4, 1e-5);
  }
});

Deno.test("the vector kernels agree with loops over numbers", () => {
  const memory = new TrainingMemory(2 ** 20);
  const { kernels } = memory;
  const [x, y] = [memory.allocate(40), memory.allocate(40)];
  const before = [drawNumbers(40, 1), drawNumbers(40, 2)] as const;
  const run = (kernel: () => void, expected: (x: number, y: number) => number) => {
    memory.floats(x).set(before[0]);
    memory.floats(y).set(before[1]);
    kernel();
    const target = expected.length === 1 ? x : y;
    memory.floats(target).forEach((value, i) =>
      assertAlmostEquals(value, expected(before[0][i] ?? NaN, before[1][i] ?? NaN), 1e-6)
    );
  };
  run(() => kernels.addScaled(x.pointer, 3, y.pointer, 0.5, 40), (a, b) => 3 * a + 0.5 * b);
  run(() => kernels.rectify(x.pointer, 40), (a) => Math.max(0, a));
  run(() => kernels.multiplyEach(x.pointer, y.pointer, 40), (a, b) => a * b);
  run(() => {
    kernels.rectify(x.pointer, 40);
    kernels.maskWhereZero(x.pointer, y.pointer, 40);
  }, (a, b) => a > 0 ? b : 0);
  memory.floats(x).set(before[0]);
  memory.floats(y).set(before[1]);
  const expected = sum(40, (i) => (before[0][i] ?? NaN) * (before[1][i] ?? NaN));
  assertAlmostEquals(kernels.dotProduct(x.pointer, y.pointer, 40), expected, 1e-6);
});

Deno.test("stepAdam() agrees with the formulas of the paper", () => {
  const memory = new TrainingMemory(2 ** 20);
  const [parameters, gradient] = [memory.allocate(4), memory.allocate(4)];
  const [mean, variance] = [memory.allocate(4), memory.allocate(4)];
  memory.floats(gradient).set([0.5, -2, 0, 1e-3]);
  memory.kernels.stepAdam(
    ...[parameters.pointer, gradient.pointer, mean.pointer, variance.pointer],
    ...[0.01 * Math.sqrt(1 - 0.999) / (1 - 0.9), 1e-8 * Math.sqrt(1 - 0.999), 4],
  );
  // In the first step the corrected means are g and g^2: each parameter moves by the whole rate.
  [-0.01, 0.01, 0, -0.01].forEach((expected, i) =>
    assertAlmostEquals(memory.floats(parameters)[i] ?? NaN, expected, 1e-6)
  );
});

Deno.test("TrainingMemory keeps blocks apart, on lines of the cache, and zero", () => {
  const memory = new TrainingMemory(2 ** 20);
  const blocks = [1, 17, 20_000].map((length) => memory.allocate(length));
  blocks.forEach((block, index) => memory.floats(block).fill(index + 1));
  for (const [index, block] of blocks.entries()) {
    assertEquals(block.pointer % 64, 0);
    assert(memory.floats(block).every((value) => value === index + 1));
  }
  assert(memory.floats(memory.allocate(1000)).every((value) => value === 0));
});

Deno.test("TrainingMemory refuses to grow beyond its limit, and stays usable", () => {
  const memory = new TrainingMemory(128);
  const error = assertThrows(() => memory.allocate(33), ServiceError, "192 are needed");
  assertEquals(error.code, "invalid_value");
  assertEquals(memory.floats(memory.allocate(32)).length, 32);
});
