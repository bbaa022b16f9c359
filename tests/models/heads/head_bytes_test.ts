import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { decodeHead, encodeHead } from "../../../models/heads/head_bytes.ts";
import { makeHead, makeLayer } from "./head_fixtures.ts";

/** The head with one layer of one weight 0.5 and one bias -2, written down byte by byte. */
// deno-fmt-ignore
const SMALLEST = Uint8Array.of(
  0x4c, 0x4c, 0x48, 0x44, 1, 0, 0, 0, 1, 0, 0, 0,
  1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0x3f, 0, 0, 0, 0xc0,
);

Deno.test("encodeHead() writes the bytes that the format says", () => {
  const layer = { ...makeLayer(1, 1), weights: Float32Array.of(0.5), bias: Float32Array.of(-2) };
  assertEquals(encodeHead({ layers: [layer] }), SMALLEST);
});

Deno.test("decodeHead() gives back every number of a head", () => {
  const head = makeHead();
  const bytes = encodeHead(head);
  assertEquals(bytes.length, 12 + 2 * 12 + 4 * (5 * 7 + 7 + 7 * 3 + 3));
  const { layers } = decodeHead(bytes);
  assertEquals(layers.map((layer) => ({ ...layer })), head.layers.map((layer) => ({ ...layer })));
  assertEquals(encodeHead({ layers }), bytes);
});

Deno.test("decodeHead() reads bytes at an odd place of a larger buffer", () => {
  const larger = new Uint8Array(SMALLEST.length + 3);
  larger.set(SMALLEST, 3);
  assertEquals(decodeHead(larger.subarray(3)).layers[0]?.bias, Float32Array.of(-2));
});

Deno.test("encodeHead() throws when the head could not be run", () => {
  assertThrows(() => encodeHead({ layers: [] }), TypeError, "Cannot store head as it must have");
});

Deno.test("decodeHead() refuses bytes that are broken, and says how", () => {
  const broken: [Uint8Array, string][] = [
    [new Uint8Array(), `it must start with "LLHD"`],
    [edit(0, 0x50), `it must start with "LLHD"`],
    [edit(4, 2), "its version must be 1: found 2"],
    [edit(8, 0), "it must have 1 to 16 layers: found 0"],
    [edit(11, 255), "it must have 1 to 16 layers: found 4278190081"],
    [edit(8, 2), "it ends after 32 bytes"],
    [edit(12, 0), "whole sizes >= 1: found 0 x 1"],
    [edit(15, 255), "it must have at most"],
    [edit(16, 2), "it must have 40 bytes: found 32"],
    [edit(20, 1), "the last layer must be linear: found relu"],
    [edit(20, 2), "its activations must be 0 or 1: found 2"],
    [edit(27, 0xff, 26, 0x80), "layer 0 has a weight that is not finite"],
    [SMALLEST.subarray(0, 31), "it must have 32 bytes: found 31"],
    [new Uint8Array([...SMALLEST, 0]), "it must have 32 bytes: found 33"],
  ];
  for (const [bytes, rule] of broken) {
    const error = assertThrows(() => decodeHead(bytes), ServiceError);
    assertEquals(error.code, "model_unusable");
    assertStringIncludes(error.message, rule);
  }
});

/** The smallest head with other bytes at some places. */
function edit(...changes: number[]): Uint8Array {
  const bytes = SMALLEST.slice();
  for (let i = 0; i < changes.length; i += 2) bytes[changes[i] ?? 0] = changes[i + 1] ?? 0;
  return bytes;
}
