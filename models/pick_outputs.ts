import type { OutputActivation } from "./formats/graph.ts";
import { requireFinite, toScores } from "./scores.ts";
import type { OutputName, PredictAnswer } from "./inference_task.ts";

/** What a network gave: one row, or one for each step. */
export interface NetworkOutputs {
  /** `[rows, classCount]` */
  logits: Float32Array<ArrayBuffer>;
  /** `[rows, featureLength]` */
  features: Float32Array<ArrayBuffer>;
}

/**
 * Picks the outputs that are asked for.
 *
 * @returns each of them, row after row
 * @throws {ServiceError} `non_finite_output`
 */
export function pickOutputs(
  { logits, features }: NetworkOutputs,
  { fetches, classCount, activation }: {
    fetches: readonly OutputName[];
    classCount: number;
    activation: OutputActivation;
  },
): PredictAnswer["outputs"] {
  const outputs: PredictAnswer["outputs"] = {};
  for (const name of fetches) {
    if (name === "features") outputs.features = requireFinite(features);
    else if (name === "logits") outputs.logits = requireFinite(logits);
    else outputs.scores = scoreRows(requireFinite(logits), { classCount, activation });
  }
  return outputs;
}

function scoreRows(
  logits: Float32Array<ArrayBuffer>,
  { classCount, activation }: { classCount: number; activation: OutputActivation },
): Float32Array<ArrayBuffer> {
  const scores = new Float32Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += classCount) {
    scores.set(toScores(logits.subarray(begin, begin + classCount), activation), begin);
  }
  return scores;
}
