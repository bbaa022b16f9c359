import { assertEquals, assertStringIncludes } from "@std/assert";
import type { DenseLayer } from "../../../models/heads/dense_head.ts";
import {
  findHeadFault,
  findHeadSizeFault,
  HEAD_ELEMENTS_MAX,
  HEAD_LAYERS_MAX,
} from "../../../models/heads/head_faults.ts";
import { makeHead, makeLayer } from "./head_fixtures.ts";

Deno.test("findHeadFault() finds none in a sound head", () => {
  assertEquals(findHeadFault(makeHead()), undefined);
  assertEquals(findHeadFault({ layers: [makeLayer(1, 1)] }), undefined);
});

Deno.test("findHeadFault() names what is wrong", () => {
  const layer = makeLayer(2, 2);
  const broken: [readonly DenseLayer[], string][] = [
    [[], "it must have 1 to 16 layers: found 0"],
    [[{ ...layer, weights: new Float32Array(3) }], "must have 4 weights and 2 biases: found 3"],
    [[{ ...layer, bias: new Float32Array(3) }], "must have 4 weights and 2 biases: found 4 and 3"],
    [[layer, makeLayer(3, 2)], "layer 1 must take 2 inputs, which the one before gives: found 3"],
    [[{ ...layer, activation: "relu" }], "the last layer must be linear: found relu"],
    [[{ ...layer, bias: Float32Array.of(0, NaN) }], "layer 0 has a weight that is not finite"],
    [[{ ...layer, weights: Float32Array.of(0, 0, 0, Infinity) }], "not finite"],
    [[{ ...layer, inputs: 0 }], "whole sizes >= 1: found 0 x 2"],
    [[{ ...layer, units: 1.5 }], "whole sizes >= 1: found 2 x 1.5"],
  ];
  for (const [layers, fault] of broken) {
    assertStringIncludes(findHeadFault({ layers }) ?? "", fault);
  }
});

Deno.test("findHeadSizeFault() allows the limits and not one more", () => {
  const one = { inputs: 1, units: 1 };
  const layers = Array.from({ length: HEAD_LAYERS_MAX }, () => one);
  assertEquals(findHeadSizeFault(layers), undefined);
  assertStringIncludes(findHeadSizeFault([...layers, one]) ?? "", "found 17");
  const largest = { inputs: 2 ** 12 - 1, units: 2 ** 12 };
  assertEquals((largest.inputs + 1) * largest.units, HEAD_ELEMENTS_MAX);
  assertEquals(findHeadSizeFault([largest]), undefined);
  const tooLarge = { ...largest, inputs: 2 ** 12 };
  assertStringIncludes(findHeadSizeFault([tooLarge]) ?? "", `at most ${HEAD_ELEMENTS_MAX} weights`);
});
