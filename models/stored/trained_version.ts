import { hashBytes } from "../../lib/storage/blobs.ts";
import type { PublishVersionOptions } from "../../lib/storage/models/publish_version.ts";
import { encodeDetector } from "../heads/detector_bytes.ts";
import { decodeHead, encodeHead } from "../heads/head_bytes.ts";
import { scaleLogits } from "../heads/scale_logits.ts";
import type { UnknownDetector } from "../training/unknown_detector.ts";
import type { TrainedCard } from "./model_card.ts";
import { DETECTOR_PATH } from "./version_files.ts";

/** What a job has made. */
export interface TrainedVersion {
  /** With `unknown` where there is a detector. */
  card: TrainedCard;
  /** As it was fitted, written by `encodeHead()`. */
  head: Uint8Array<ArrayBuffer>;
  /** Where the head was fitted with one. */
  detector?: UnknownDetector | undefined;
}

/**
 * What `publishVersion()` stores of a trained version. The temperature goes into the last layer of
 * the head, so that every softmax of its logits is calibrated, also that of an export.
 *
 * @throws {ServiceError} `model_unusable` if the bytes are no head
 */
export function packTrainedVersion(
  { card, head, detector }: TrainedVersion,
): Pick<PublishVersionOptions, "backboneSha256" | "head" | "card" | "files"> {
  const { backboneSha256 } = card.origin.base;
  const detectorBytes = detector && encodeDetector(detector);
  const calibrated = detector && scaleLogits(decodeHead(head), 1 / detector.temperature);
  return {
    ...(backboneSha256 === "" ? {} : { backboneSha256 }),
    head: calibrated ? encodeHead(calibrated) : head,
    card: { ...card },
    files: detectorBytes
      ? { [DETECTOR_PATH]: { bytes: detectorBytes, sha256: hashBytes(detectorBytes) } }
      : {},
  };
}
