/** What tells that an input belongs to none of the classes that a head was fitted to. */
export interface ClassDirections {
  /** An input that scores higher is unknown. */
  threshold: number;
  /** `[length]` float32: the mean of each feature over the training samples. */
  mean: Float32Array<ArrayBuffer>;
  /** `[length]` float32: 1 / deviation of each feature; 0 where it is always the same. */
  factor: Float32Array<ArrayBuffer>;
  /** `[classes, length]` float32: the mean direction of each class, of length 1. */
  directions: Float32Array<ArrayBuffer>;
}

/** How far an input is from every class. */
export interface UnknownScore {
  /** 0 in the middle of a class, about 1 for what has nothing to do with any, 2 at most. */
  score: number;
  /** True if it is above the threshold. */
  unknown: boolean;
}

/**
 * Whether an input belongs to none of the classes. The score is 1 less the cosine between the
 * standardised feature vector and the nearest class direction.
 *
 * @param feature one feature vector, as the head takes it
 * @throws {TypeError} if it has another length than the directions
 */
export function scoreUnknown(classes: ClassDirections, feature: Float32Array): UnknownScore {
  const { threshold, mean, directions } = classes;
  const { length } = mean;
  if (feature.length !== length) {
    throw new TypeError(
      `Cannot score feature vector as its length must be ${length}: current value is ` +
        feature.length,
    );
  }
  const direction = findDirection(classes, feature);
  let highest = -1;
  for (let first = 0; first < directions.length; first += length) {
    let cosine = 0;
    for (let i = 0; i < length; i++) {
      cosine += (direction[i] as number) * (directions[first + i] as number);
    }
    highest = Math.max(highest, cosine);
  }
  const score = 1 - highest;
  return { score, unknown: score > threshold };
}

/** The standardised feature vector, scaled to length 1; zeros stay zeros. */
export function findDirection(
  { mean, factor }: Pick<ClassDirections, "mean" | "factor">,
  feature: Float32Array,
): Float64Array {
  const direction = new Float64Array(feature.length);
  for (let i = 0; i < feature.length; i++) {
    direction[i] = ((feature[i] as number) - (mean[i] as number)) * (factor[i] as number);
  }
  normalize(direction);
  return direction;
}

/** Scales a vector to length 1, in place; zeros stay zeros. */
export function normalize(vector: Float32Array | Float64Array): void {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] as number) ** 2;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let i = 0; i < vector.length; i++) vector[i] = scale * (vector[i] as number);
}
