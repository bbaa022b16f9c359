import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { borrowTrainingMemory } from "../../../models/training/borrow_training_memory.ts";

Deno.test("borrowTrainingMemory() lends the same memory again, empty", () => {
  const first = borrowTrainingMemory();
  const block = first.memory.allocate(100);
  first.memory.floats(block).fill(7);
  first[Symbol.dispose]();
  using second = borrowTrainingMemory();
  assertEquals(second.memory, first.memory);
  const again = second.memory.allocate(100);
  assertEquals(again, block);
  assert(second.memory.floats(again).every((value) => value === 0));
});

Deno.test("borrowTrainingMemory() never lends one memory twice", () => {
  using first = borrowTrainingMemory();
  using second = borrowTrainingMemory();
  assert(first.memory !== second.memory);
});

Deno.test("borrowTrainingMemory() does not keep a large memory", () => {
  const first = borrowTrainingMemory();
  first.memory.allocate(17 * 2 ** 20);
  first[Symbol.dispose]();
  using second = borrowTrainingMemory();
  assertNotEquals(second.memory.bytesReserved, first.memory.bytesReserved);
});
