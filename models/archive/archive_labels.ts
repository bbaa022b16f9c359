import { parseLabels } from "../hub/parse_labels.ts";
import { refuseModel } from "./archive_json.ts";

/** Classes of one model. ImageNet-21k has 21,843. */
export const LABELS_MAX = 65_536;
/** UTF-16 units of one label. */
export const LABEL_LENGTH_MAX = 256;

/**
 * Reads `labels.txt`: one class per line, an index before it is cut off.
 *
 * @throws {ServiceError} `model_unusable`
 */
export function readLabelsFile(bytes: Uint8Array): string[] {
  const lineCount = new TextDecoder().decode(bytes).trimEnd().split("\n").length;
  try {
    return checkLabels(parseLabels(bytes, lineCount), "labels.txt");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuseModel(`labels.txt is not a list of labels: ${error.message}`, error);
  }
}

/**
 * Checks a list of labels out of a JSON file.
 *
 * @param where the list stands, for the message
 * @throws {ServiceError} `model_unusable`
 */
export function checkLabels(labels: unknown, where: string): string[] {
  if (!Array.isArray(labels) || labels.length < 1 || labels.length > LABELS_MAX) {
    const found = Array.isArray(labels) ? labels.length : typeof labels;
    throw refuseModel(`${where} must have a list of 1 to ${LABELS_MAX} labels: found ${found}`);
  }
  return labels.map((label: unknown, index) => {
    const text = typeof label === "string" ? label.trim() : "";
    if (text.length < 1 || text.length > LABEL_LENGTH_MAX) {
      throw refuseModel(
        `label ${index} of ${where} must be a text of 1 to ${LABEL_LENGTH_MAX} characters`,
      );
    }
    return text;
  });
}
