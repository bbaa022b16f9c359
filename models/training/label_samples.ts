import { ServiceError } from "../../lib/service_error.ts";
import type { JobSample } from "../../lib/storage/jobs/job_samples.ts";
import type { FeatureRows } from "./compute_logits.ts";
import type { CollectedFeatures } from "./collect_features.ts";
import type { LabelledFeatures } from "./labelled_features.ts";
import { selectRows } from "./select_rows.ts";

/** Most samples are in one of the classes; the others say what is in none. */
export interface LabelledSamples {
  /** The classes, in the order of the outputs. */
  classNames: string[];
  /** Those of the classes. */
  trained: JobSample[];
  /** Their features, in the same order. */
  labelled: LabelledFeatures;
  /** Features of samples of none of the classes; plain, and none where no class is negative. */
  negatives: FeatureRows | undefined;
}

/**
 * The classes that a head learns to tell apart, sorted by the code units of their names.
 *
 * @param negative the class whose samples belong to none
 * @throws {ServiceError} `invalid_value` if there are fewer than two, or no class is named `negative`
 */
export function listTrainedClasses(
  samples: readonly Pick<JobSample, "class">[],
  negative: string | undefined,
): string[] {
  const all = [...new Set(samples.map((sample) => sample.class))].sort();
  if (negative !== undefined && !all.includes(negative)) {
    throw new ServiceError(
      "invalid_value",
      `Cannot train as negative must be a class of the dataset: it has no ${
        JSON.stringify(negative)
      }`,
      { param: "negative" },
    );
  }
  const classes = all.filter((name) => name !== negative);
  if (classes.length >= 2) return classes;
  throw new ServiceError(
    "invalid_value",
    `Cannot train as the dataset must have samples of at least 2 classes: it has ${classes.length}`,
    { param: "training_file" },
  );
}

/**
 * The class of each sample, by its place among the names.
 *
 * @param samples each of one of the classes
 */
export function indexClasses(
  samples: readonly Pick<JobSample, "class">[],
  classNames: readonly string[],
): Int32Array<ArrayBuffer> {
  const indexes = new Map(classNames.map((name, index) => [name, index]));
  return Int32Array.from(samples, (sample) => indexes.get(sample.class) as number);
}

/**
 * Puts classes beside features.
 *
 * @throws {ServiceError} as {@linkcode listTrainedClasses} does
 */
export function labelSamples(
  { samples, length, features, views }: CollectedFeatures,
  negative: string | undefined,
): LabelledSamples {
  const classNames = listTrainedClasses(samples, negative);
  const names = new Set(classNames);
  const all = samples.map((_, row) => row);
  const [rows, others] = [true, false].map((isKnown) =>
    all.filter((row) => names.has(samples[row]?.class ?? "") === isKnown)
  ) as [number[], number[]];
  const known = rows.map((row) => samples[row] as JobSample);
  const selectKnown = (matrix: Float32Array) =>
    others.length === 0 ? matrix : selectRows(matrix, { rows, length });
  return {
    classNames,
    trained: known,
    labelled: {
      features: selectKnown(features),
      ...(views.length > 0 && { views: views.map(selectKnown) }),
      length,
      classes: indexClasses(known, classNames),
      classCount: classNames.length,
    },
    negatives: others.length === 0
      ? undefined
      : { features: selectRows(features, { rows: others, length }), length },
  };
}
