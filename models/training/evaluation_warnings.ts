import type { ConfusionMatrix } from "../../lib/confusion_matrix.ts";
import type { NearDuplicate } from "./find_near_duplicates.ts";

/** Something that a person should know before trusting the head. */
export type EvaluationWarning =
  | { code: "too_few_samples"; message: string; details: { class: number; samples: number } }
  | {
    code: "imbalanced_classes";
    message: string;
    details: { largest: number; smallest: number; ratio: number };
  }
  | {
    code: "near_duplicates_across_split";
    message: string;
    details: { count: number; pairs: NearDuplicate[] };
  }
  | {
    code: "confused_classes";
    message: string;
    details: { actual: number; predicted: number; samples: number[]; part: number };
  };

/** What {@linkcode listWarnings} looks at. */
export interface WarningSources {
  /** Samples of each class. */
  classCounts: Uint32Array;
  /** What the head should be judged by. */
  confusion: ConfusionMatrix;
  /** Pairs across the split. */
  nearDuplicates: readonly NearDuplicate[];
  /** What the messages call the classes; their index where they have no name. */
  classNames?: readonly string[] | undefined;
}

/** A class with fewer samples than this is warned about, and judged by cross-validation. */
export const CLASS_SAMPLES_WANTED = 10;

/** From this ratio of the largest to the smallest class on there is a warning. */
const IMBALANCE_RATIO = 5;
/** From this part of a class on that is taken for one other class, if it is two samples at least. */
const CONFUSED_PART = 0.2;
const CONFUSED_SAMPLES_MIN = 2;
const PAIRS_MAX = 20;

type NameClass = (index: number) => string;

/** All warnings that hold, in the order of the list above; details name classes by their index. */
export function listWarnings(sources: WarningSources): EvaluationWarning[] {
  const { classNames = [] } = sources;
  const nameClass = (index: number) => {
    const name = classNames[index];
    return name === undefined ? `${index}` : JSON.stringify(name);
  };
  return [
    ...warnTooFew(sources.classCounts, nameClass),
    ...warnImbalance(sources.classCounts, nameClass),
    ...warnNearDuplicates(sources.nearDuplicates),
    ...warnConfusion(sources.confusion, nameClass),
  ];
}

function warnTooFew(counts: Uint32Array, nameClass: NameClass): EvaluationWarning[] {
  return [...counts].flatMap((samples, index) =>
    samples >= CLASS_SAMPLES_WANTED ? [] : [{
      code: "too_few_samples",
      message: `Class ${nameClass(index)} has ${samples} samples: add more, ` +
        `${CLASS_SAMPLES_WANTED} at least and 30 or more for a reliable score`,
      details: { class: index, samples },
    }]
  );
}

function warnImbalance(counts: Uint32Array, nameClass: NameClass): EvaluationWarning[] {
  const largest = counts.indexOf(Math.max(...counts));
  const smallest = counts.indexOf(Math.min(...counts));
  const ratio = (counts[largest] ?? 0) / (counts[smallest] ?? 0);
  if (!(ratio >= IMBALANCE_RATIO)) return [];
  return [{
    code: "imbalanced_classes",
    message: `Class ${nameClass(largest)} has ${ratio.toFixed(1)} times as many samples as class ` +
      `${nameClass(smallest)}: add samples there, or train with class_weight balanced`,
    details: { largest, smallest, ratio },
  }];
}

function warnNearDuplicates(pairs: readonly NearDuplicate[]): EvaluationWarning[] {
  if (pairs.length === 0) return [];
  return [{
    code: "near_duplicates_across_split",
    message: `${pairs.length} validation samples are almost the same as a training sample, so ` +
      "the validation scores flatter: keep only one of each pair",
    details: { count: pairs.length, pairs: pairs.slice(0, PAIRS_MAX) },
  }];
}

function warnConfusion(confusion: ConfusionMatrix, nameClass: NameClass): EvaluationWarning[] {
  return confusion.flatMap((row, actual) => {
    const support = row.reduce((sum, cell) => sum + cell.length, 0);
    return row.flatMap((samples, predicted): EvaluationWarning[] => {
      const part = samples.length / support;
      const isConfused = actual !== predicted && samples.length >= CONFUSED_SAMPLES_MIN &&
        part >= CONFUSED_PART;
      if (!isConfused) return [];
      return [{
        code: "confused_classes",
        message:
          `${samples.length} of ${support} samples of class ${nameClass(actual)} are taken ` +
          `for class ${
            nameClass(predicted)
          }: look at their labels, or add samples that tell them apart`,
        details: { actual, predicted, samples, part },
      }];
    });
  });
}
