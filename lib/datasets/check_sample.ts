import { checkImage } from "../images/check_image.ts";
import { ServiceError } from "../service_error.ts";
import type { NewSample } from "../storage/datasets/add_samples.ts";
import type { DatasetKind } from "../storage/datasets/datasets.ts";

/** What {@linkcode checkSample} needs. */
export interface CheckSampleOptions {
  /** What the samples of the dataset are. */
  kind: DatasetKind;
  /** Most bytes of a sample. */
  sampleBytesMax: number;
  /** Most pixels of a picture. */
  pixelsMax: number;
}

/**
 * Checks that a sample belongs into a dataset. Pictures are checked as far as that goes without
 * decoding them, which takes a hundred times longer and which training does anyway.
 *
 * @throws {ServiceError} `invalid_sample` when it is empty or no text, `body_too_large`, or what
 * `checkImage` finds
 */
export function checkSample(
  { bytes }: Pick<NewSample, "bytes">,
  { kind, sampleBytesMax, pixelsMax }: CheckSampleOptions,
): void {
  if (bytes.length === 0) {
    throw new ServiceError("invalid_sample", "Cannot add sample as it must have a byte: none");
  }
  if (bytes.length > sampleBytesMax) {
    throw new ServiceError(
      "body_too_large",
      `Cannot add sample as it must have at most ${sampleBytesMax} bytes: it has ${bytes.length}`,
    );
  }
  if (kind === "image") checkImage(bytes, { pixelsMax });
  if (kind === "text") checkText(bytes);
}

function checkText(bytes: Uint8Array): void {
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ServiceError("invalid_sample", "Cannot add text as it must be UTF-8");
  }
  if (text.trim() === "") {
    throw new ServiceError("invalid_sample", "Cannot add text as it must not be blank");
  }
}
