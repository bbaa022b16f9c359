/** What `tests/golden/make_training_golden.py` wrote. */
export interface TrainingGolden {
  l2: number;
  features: number[];
  classes: number[];
  fits: Record<
    "none" | "balanced",
    { loss: number; objective: number; weights: number[]; bias: number[] }
  >;
  evaluation: {
    classes: number[];
    logits: number[];
    accuracy: number;
    loss: number;
    calibrationError: number;
    precision: number[];
    recall: number[];
    f1: number[];
    support: number[];
    confusion: number[][];
  };
  detection: { known: number[]; unknown: number[]; auroc: number };
}

/** Results of scikit-learn. */
export function readTrainingGolden(): TrainingGolden {
  return JSON.parse(
    Deno.readTextFileSync(new URL("../../golden/training.json", import.meta.url)),
  );
}
