import type { ImageView } from "../../lib/images/image_view.ts";
import { createRandom } from "../../lib/random.ts";

/** How samples are shown to the backbone. */
export interface SampleView {
  /** Part of the key of a stored feature vector; empty for the plain sample. */
  name: string;
  /** What of a picture is shown; the plain sample where it gives nothing. */
  describe(sha256: string): ImageView | undefined;
}

/** Most views of a sample beside the plain one. */
export const AUGMENT_MAX = 16;

/** The sample as `:classify` sees it. */
export const PLAIN_VIEW: SampleView = { name: "", describe: () => undefined };

const MIRRORED_VIEW: SampleView = {
  name: "mirrored",
  describe: () => ({ part: 0.875, x: 0.5, y: 0.5, mirrored: true }),
};

/** Smallest part of the sides that a crop shows. */
const CROP_PART_MIN = 0.6;

/**
 * The views of an augmented sample besides the plain one: its mirrored middle, then crops of different
 * sizes at different places, every other one mirrored. They follow from their number and the content
 * alone, so that stored feature vectors serve every job.
 *
 * @param augment how many, from 0 to {@linkcode AUGMENT_MAX}
 */
export function listAugmentedViews(augment: number): SampleView[] {
  return Array.from(
    { length: augment },
    (_, index) => index === 0 ? MIRRORED_VIEW : cropView(index),
  );
}

function cropView(number: number): SampleView {
  return {
    name: `crop ${number}`,
    describe(sha256) {
      const random = createRandom(parseInt(sha256.slice(0, 8), 16) + number);
      const part = CROP_PART_MIN + (1 - CROP_PART_MIN) * random();
      return { part, x: random(), y: random(), mirrored: number % 2 === 0 };
    },
  };
}
