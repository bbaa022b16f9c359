import { ServiceError } from "../../lib/service_error.ts";
import type { ModelSource } from "../model_registry.ts";
import { parseLabels } from "./parse_labels.ts";
import { isPulled, readPulledFiles } from "./pulled_files.ts";

/** The models that `deno task pull` put into a data directory. */
export function createHubSource(dataDir: string): ModelSource {
  return {
    has: (entry) => isPulled(entry, dataDir),
    async read(entry) {
      const files = await readPulledFiles(entry, dataDir);
      if (!files) {
        throw new ServiceError(
          "model_unusable",
          `Cannot read model ${entry.name} as a file is gone`,
        );
      }
      return {
        files: new Map([["model.tflite", files.model]]),
        labels: parseLabels(files.labels, entry.classCount),
      };
    },
  };
}
