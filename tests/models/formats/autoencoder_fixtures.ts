import type { ImageModelInput } from "../../../models/model_description.ts";
import { createFiles, graphJson, type ModelJson, node, placeholder } from "./tfjs_fixtures.ts";

/** A picture of 2 x 2 in [0, 1]. */
export const PAIR_INPUT: ImageModelInput = {
  kind: "image",
  height: 2,
  width: 2,
  channels: 3,
  scale: 1 / 255,
  offset: 0,
  fit: "stretch",
  cropFraction: 1,
};

/** The shares of the quantiles 0, 0.01, ..., 1. */
export const QUANTILES = Array.from({ length: 101 }, (_, index) => index / 100);

const METADATA = {
  codeLow: Array(3).fill(0),
  codeHigh: Array(3).fill(1),
  errorQuantiles: QUANTILES,
};

/**
 * The mean colour of a picture as its code of three numbers, and a picture all of one colour back.
 */
export function makePair(metadata: ModelJson = METADATA): Map<string, Uint8Array> {
  const mean = Array.from({ length: 36 }, (_, i) => Math.floor(i / 3) % 3 === i % 3 ? 1 / 4 : 0);
  const spread = Array.from({ length: 36 }, (_, i) => i % 12 % 3 === Math.floor(i / 12) ? 1 : 0);
  const encoder = makeDense({ from: [-1, 2, 2, 3], weight: { shape: [12, 3], values: mean } });
  const decoder = makeDense({
    from: [-1, 3],
    weight: { shape: [3, 12], values: spread },
    metadata,
  });
  const prefixed = (folder: string, files: Map<string, Uint8Array>) =>
    [...files].map(([path, bytes]) => [`${folder}/${path}`, bytes] as const);
  return new Map([...prefixed("encoder", encoder), ...prefixed("decoder", decoder)]);
}

function makeDense(
  { from, weight, metadata }: {
    from: number[];
    weight: { shape: number[]; values: number[] };
    metadata?: ModelJson;
  },
): Map<string, Uint8Array> {
  const float = { type: "DT_FLOAT" };
  const constantNode = node("kernel", "Const", { attr: { dtype: float } });
  const shape = node("shape", "Const", { attr: { dtype: { type: "DT_FLOAT" } } });
  const matmul = node("out", "MatMul", {
    input: [from.length > 2 ? "flat" : "input", "kernel"],
    attr: { T: float, transpose_a: { b: false }, transpose_b: { b: false } },
  });
  const flat = node("flat", "Reshape", { input: ["input", "shape"], attr: { T: float } });
  const nodes = from.length > 2
    ? [placeholder("input", from), shape, flat, constantNode, matmul]
    : [placeholder("input", from), constantNode, matmul];
  const weights = [{ name: "kernel", ...weight }];
  const shapes = from.length > 2 ? [{ name: "shape", shape: [2], values: [-1, 12] }] : [];
  const json = { ...graphJson(nodes), ...(metadata ? { userDefinedMetadata: metadata } : {}) };
  return createFiles(json, { weights: [...weights, ...shapes] });
}
