import type { FitOptions } from "./fit_options.ts";
import { countClasses, type LabelledFeatures } from "./labelled_features.ts";

/**
 * How much a sample of each class counts: 1, or, balanced, what scikit-learn takes, n / (classes
 * samples).
 *
 * @returns `[classCount]`
 */
export function weighClasses(
  samples: Pick<LabelledFeatures, "classes" | "classCount">,
  classWeight: FitOptions["classWeight"],
): Float64Array {
  const counts = Float64Array.from(countClasses(samples));
  if (classWeight === "none") return counts.fill(1);
  return counts.map((count) => samples.classes.length / (samples.classCount * count));
}
