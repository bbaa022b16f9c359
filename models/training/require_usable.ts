import { ServiceError } from "../../lib/service_error.ts";
import type { JobSample } from "../../lib/storage/jobs/job_samples.ts";
import type { TrainingReport } from "./training_report.ts";

/**
 * Tells which samples are left out, and makes sure that there are others.
 *
 * @throws {ServiceError} as {@linkcode requireUsable} does
 */
export function leaveOutRejected(
  collected: Parameters<typeof requireUsable>[0],
  report: Pick<TrainingReport, "warn">,
): void {
  for (const { sample, error } of collected.rejected) {
    report.warn(`Left out ${JSON.stringify(sample.name)}: ${error.message}`);
  }
  requireUsable(collected);
}

/**
 * Makes sure that a training has samples left.
 *
 * @param samples those that can be used
 * @param rejected the others, and why
 * @throws {ServiceError} with the code of the first that was rejected, if all were
 */
export function requireUsable(
  { samples, rejected }: {
    samples: readonly JobSample[];
    rejected: readonly { sample: JobSample; error: ServiceError }[];
  },
): void {
  const [first] = rejected;
  if (samples.length > 0 || !first) return;
  throw new ServiceError(
    first.error.code,
    `Cannot train as none of ${rejected.length} samples can be used; the first is ` +
      `${JSON.stringify(first.sample.name)}: ${first.error.message}`,
    { param: "training_file", cause: first.error },
  );
}
