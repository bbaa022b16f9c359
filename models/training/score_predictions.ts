import { calibrationError } from "../../lib/calibration_error.ts";
import {
  type ClassScore,
  type ConfusionMatrix,
  createConfusionMatrix,
  scoreClasses,
} from "../../lib/confusion_matrix.ts";

/** Logits and the classes that they should give. */
export interface LabelledLogits {
  /** `[n, classCount]` float32, row-major. */
  readonly logits: Float32Array;
  /** `[n]`. */
  readonly classes: ArrayLike<number>;
  /** How many classes. */
  readonly classCount: number;
}

/** One prediction. */
export interface Prediction {
  /** The class with the highest logit, the first of equals. */
  predicted: number;
  /** Its probability. */
  confidence: number;
  /** Cross-entropy with the sample's own class, in nats. */
  loss: number;
}

/** A sample whose class was missed. */
export interface WrongPrediction {
  /** Its place among the samples. */
  sample: number;
  /** Its class. */
  actual: number;
  /** What was predicted instead. */
  predicted: number;
  /** The probability of what was predicted. */
  confidence: number;
}

/** How good predictions are. */
export interface PredictionScore {
  /** How many samples were predicted. */
  samples: number;
  /** Part of them that is right. */
  accuracy: number;
  /** Mean cross-entropy in nats. */
  loss: number;
  /** Expected calibration error over 15 bins of confidence. */
  calibrationError: number;
}

/** How good predictions are, class by class. */
export interface PredictionReport extends PredictionScore {
  /** In the order of the classes. */
  classes: ClassScore[];
  /** `confusion[actual][predicted]` lists the samples by their place. */
  confusion: ConfusionMatrix;
  /** The most confident mistakes, the worst first. */
  mostWrong: WrongPrediction[];
}

/** How many mistakes are listed. */
const MOST_WRONG_MAX = 20;

/** Softmax, in float64, of each row. */
export function predict({ logits, classes, classCount }: LabelledLogits): Prediction[] {
  return Array.from(classes, (own, sample) => {
    const row = logits.subarray(sample * classCount, (sample + 1) * classCount);
    let predicted = 0;
    row.forEach((logit, index) => {
      if (logit > (row[predicted] as number)) predicted = index;
    });
    const highest = row[predicted] as number;
    const sum = row.reduce((total, logit) => total + Math.exp(logit - highest), 0);
    const loss = Math.log(sum) + highest - (row[own] as number);
    return { predicted, confidence: 1 / sum, loss };
  });
}

/**
 * Accuracy, loss and calibration.
 *
 * @param classWeights how much the loss of each class counts, as in training; default: all the same
 */
export function scorePredictions(
  labelled: LabelledLogits,
  classWeights?: ArrayLike<number>,
): PredictionScore {
  return summarize(labelled, predict(labelled), classWeights);
}

/** The same, and class by class. */
export function reportPredictions(labelled: LabelledLogits): PredictionReport {
  const { classes, classCount } = labelled;
  const predictions = predict(labelled);
  const predicted = predictions.map((prediction) => prediction.predicted);
  const confusion = createConfusionMatrix(classes, predicted, classCount);
  const wrong = predictions.map(({ predicted, confidence }, sample) => ({
    sample,
    actual: classes[sample] as number,
    predicted,
    confidence,
  })).filter(({ actual, predicted }) => actual !== predicted);
  return {
    ...summarize(labelled, predictions),
    classes: scoreClasses(confusion),
    confusion,
    mostWrong: wrong.sort((a, b) => b.confidence - a.confidence).slice(0, MOST_WRONG_MAX),
  };
}

function summarize(
  { classes }: LabelledLogits,
  predictions: Prediction[],
  classWeights?: ArrayLike<number>,
): PredictionScore {
  const hits = predictions.map(({ predicted }, sample) => predicted === classes[sample]);
  const count = Math.max(1, predictions.length);
  const sums = { loss: 0, weight: 0 };
  predictions.forEach(({ loss }, sample) => {
    const weight = classWeights?.[classes[sample] as number] ?? 1;
    sums.loss += weight * loss;
    sums.weight += weight;
  });
  return {
    samples: predictions.length,
    accuracy: hits.filter(Boolean).length / count,
    loss: sums.loss / (sums.weight || 1),
    calibrationError: calibrationError(predictions.map(({ confidence }) => confidence), hits),
  };
}
