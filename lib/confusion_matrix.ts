/** How well one class is recognised. */
export interface ClassScore {
  /** Part of the predictions of this class that are right; 0 where there are none. */
  precision: number;
  /** Part of the samples of this class that are found; 0 where there are none. */
  recall: number;
  /** Harmonic mean of both; 0 where both are. */
  f1: number;
  /** Samples of this class. */
  support: number;
}

/** `cells[actual][predicted]` lists samples. */
export type ConfusionMatrix = number[][][];

/**
 * Sorts samples by their class and the predicted one.
 *
 * @param actual the class of each sample, in [0, classCount)
 * @param predicted the class that was predicted, in [0, classCount)
 * @throws {RangeError} if a class is out of range or missing
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createConfusionMatrix } from "./confusion_matrix.ts";
 *
 * assertEquals(createConfusionMatrix([0, 1, 1], [0, 0, 1], 2), [[[0], []], [[1], [2]]]);
 * ```
 */
export function createConfusionMatrix(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classCount: number,
): ConfusionMatrix {
  const cells: ConfusionMatrix = Array.from(
    { length: classCount },
    () => Array.from({ length: classCount }, () => []),
  );
  for (let sample = 0; sample < actual.length; sample++) {
    const cell = cells[actual[sample] as number]?.[predicted[sample] as number];
    if (!cell) {
      throw new RangeError(
        `Cannot count predictions as each class must be in [0, ${classCount}): sample ${sample} ` +
          `has ${actual[sample]} and ${predicted[sample]}`,
      );
    }
    cell.push(sample);
  }
  return cells;
}

/** Precision, recall and F1 of each class. */
export function scoreClasses(cells: ConfusionMatrix): ClassScore[] {
  return cells.map((row, index) => {
    const hits = row[index]?.length ?? 0;
    const support = row.reduce((sum, cell) => sum + cell.length, 0);
    const predictions = cells.reduce((sum, other) => sum + (other[index]?.length ?? 0), 0);
    return {
      precision: predictions > 0 ? hits / predictions : 0,
      recall: support > 0 ? hits / support : 0,
      f1: support + predictions > 0 ? 2 * hits / (support + predictions) : 0,
      support,
    };
  });
}
