import { detectImageType } from "../images/image_type.ts";
import type { DatasetKind } from "../storage/datasets/datasets.ts";
import { decodeSeries, decodeVector } from "./encode_values.ts";

/** A sample as others read it. */
export interface SampleContent {
  /** What `content` is. */
  mediaType: string;
  /** The picture or text as it came, or numbers as CSV. */
  content: Uint8Array<ArrayBuffer> | string;
}

/**
 * Writes a stored sample as it may be sent in again: pictures and texts as they are, series as CSV
 * with a line for each step, vectors as CSV with one line.
 */
export function writeSampleContent(
  bytes: Uint8Array<ArrayBuffer>,
  kind: DatasetKind,
): SampleContent {
  switch (kind) {
    case "image":
      return { mediaType: `image/${detectImageType(bytes)}`, content: bytes };
    case "text":
      return { mediaType: "text/plain; charset=utf-8", content: bytes };
    case "series": {
      const { steps, channels, values } = decodeSeries(bytes);
      const rows = Array.from(
        { length: steps },
        (_, step) => values.subarray(step * channels, (step + 1) * channels).join(","),
      );
      return { mediaType: "text/csv; charset=utf-8", content: `${rows.join("\n")}\n` };
    }
    case "vector":
      return {
        mediaType: "text/csv; charset=utf-8",
        content: `${decodeVector(bytes).join(",")}\n`,
      };
  }
}
