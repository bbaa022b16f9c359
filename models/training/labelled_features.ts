import { ServiceError } from "../../lib/service_error.ts";
import { selectRows } from "./select_rows.ts";

/** Feature vectors with their classes. */
export interface LabelledFeatures {
  /** `[n, length]` float32, row-major, finite. */
  readonly features: Float32Array;
  /**
   * The same samples seen in other ways, each `[n, length]`: a sample that trains does so in all of
   * them, and none of them judges.
   */
  readonly views?: readonly Float32Array[];
  /** Length of a feature vector. */
  readonly length: number;
  /** `[n]`, each from 0 to `classCount - 1`. */
  readonly classes: Uint16Array | Uint32Array | Int32Array;
  /** How many classes; each has a sample. */
  readonly classCount: number;
}

/**
 * Checks that a head can be fitted to the samples.
 *
 * @throws {TypeError} if the lengths of the arrays do not belong together
 * @throws {RangeError} if a class is out of range
 * @throws {ServiceError} `invalid_value` if there are fewer than two classes, a class has no sample
 *   or a feature is not finite
 */
export function checkLabelledFeatures(samples: LabelledFeatures): void {
  const { features, views = [], length, classes, classCount } = samples;
  const odd = views.find((view) => view.length !== features.length);
  if (odd) {
    throw new TypeError(
      `Cannot train as each view must have ${features.length} features: one has ${odd.length}`,
    );
  }
  if (!Number.isInteger(length) || length < 1 || features.length !== classes.length * length) {
    throw new TypeError(
      `Cannot train as ${classes.length} samples of length ${length} must have ` +
        `${classes.length * length} features: ${features.length} were given`,
    );
  }
  const counts = countClasses(samples);
  if (classCount < 2) {
    throw new ServiceError(
      "invalid_value",
      `Cannot train as there must be at least 2 classes: current value is ${classCount}`,
    );
  }
  const empty = counts.indexOf(0);
  if (empty >= 0) {
    throw new ServiceError(
      "invalid_value",
      `Cannot train as each class must have a sample: class ${empty} has none`,
    );
  }
  for (const view of [features, ...views]) requireFinite(view, length);
}

function requireFinite(features: Float32Array, length: number): void {
  if (isAllFinite(features)) return;
  const wrong = features.findIndex((value) => !Number.isFinite(value));
  throw new ServiceError(
    "invalid_value",
    `Cannot train as all features must be finite: feature ${wrong % length} of sample ` +
      `${Math.floor(wrong / length)} is ${features[wrong]}`,
  );
}

/** Copies the chosen samples, in the order given. */
export function selectSamples(
  { features, views, length, classes, classCount }: LabelledFeatures,
  rows: Uint32Array,
): LabelledFeatures {
  const select = (matrix: Float32Array) => selectRows(matrix, { rows, length });
  return {
    features: select(features),
    ...(views && { views: views.map(select) }),
    length,
    classes: Int32Array.from(rows, (row) => classes[row] as number),
    classCount,
  };
}

/**
 * How many samples each class has.
 *
 * @throws {RangeError} if a class is out of range
 */
export function countClasses(
  { classes, classCount }: Pick<LabelledFeatures, "classes" | "classCount">,
): Uint32Array {
  const counts = new Uint32Array(classCount);
  for (const index of classes) {
    if (!(index >= 0 && index < classCount)) {
      throw new RangeError(
        `Cannot count classes as each must be in [0, ${classCount}): current value is ${index}`,
      );
    }
    counts[index] = (counts[index] as number) + 1;
  }
  return counts;
}

/** One plain loop: features are the largest thing there is. */
function isAllFinite(values: Float32Array): boolean {
  let sum = 0;
  // 0 times a number is 0, but NaN for an infinity or NaN.
  for (let i = 0; i < values.length; i++) sum += 0 * (values[i] as number);
  return sum === 0;
}
