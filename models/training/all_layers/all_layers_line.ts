import { listJobSamples } from "../../../lib/storage/jobs/job_samples.ts";
import { completeJob } from "../../../lib/storage/jobs/finish_job.ts";
import {
  type PublishedVersion,
  refuseBeyondLimits,
} from "../../../lib/storage/models/publish_version.ts";
import { packNetworkWeights, packTrainedNetwork } from "../../stored/trained_network.ts";
import { describeEvaluation, describeRunScore } from "../describe_evaluation.ts";
import { describeVersion } from "../describe_version.ts";
import { listTrainedClasses } from "../label_samples.ts";
import { requireUsable } from "../require_usable.ts";
import type { TrainingStation, TrainingWork } from "../training_line.ts";
import type { AllLayersOptions } from "./all_layers_options.ts";
import { type CollectedNetworkSamples, collectNetworkSamples } from "./collect_network_samples.ts";
import { openNetworkBase } from "./open_network_base.ts";
import { trainNetworkInWorker } from "./train_network_in_worker.ts";

/**
 * The training line where all layers are trained: frozen samples -> numbers -> split, network,
 * evaluation -> version with a network of its own. The version is saved and published with the end of
 * its job, both or neither.
 *
 * @throws {ServiceError} why there is no version
 * @throws the signal's reason when it aborts; the next attempt starts anew
 */
export async function runAllLayersLine(
  { database, models, modelLimits }: TrainingStation,
  { job, lease, signal, report }: TrainingWork,
  { publish, ...options }: AllLayersOptions,
): Promise<PublishedVersion> {
  const started = performance.now();
  const samples = await listJobSamples(database, job.id);
  report.enter({ stage: "validating_files", total: samples.length });
  listTrainedClasses(samples, undefined);
  await refuseBeyondLimits(database, { model: job.resultModel, limits: modelLimits });
  const base = await openNetworkBase(models, job.model);

  report.enter({ stage: "reading", total: samples.length });
  const collected = await collectNetworkSamples(database, {
    samples,
    kind: base.input?.kind ?? options.kind ?? "series",
    input: base.input,
    folding: options.folding ?? "lower",
    signal,
    onProgress: report.advance.bind(report),
  });
  for (const { sample, error } of collected.rejected) {
    report.warn(`Left out ${JSON.stringify(sample.name)}: ${error.message}`);
  }
  requireUsable(collected);
  const classNames = listTrainedClasses(collected.samples, undefined);

  report.enter({ stage: "training", total: options.epochs });
  const call = {
    samples: labelSamples(collected, classNames),
    options: {
      ...options,
      publish,
      classNames,
      base: base.network,
      inputs: countInputs(collected),
    },
  };
  const trained = await trainNetworkInWorker(call, {
    signal,
    onProgress: ({ epoch, network, epochs: _, ...score }) => {
      const head = network && packNetworkWeights(network);
      report.epoch({ epoch, metrics: describeRunScore(score), ...(head && { head }) });
    },
  });
  const { curve, warnings } = trained.evaluation;
  const last = curve[trained.epoch - 1];
  if (last) {
    const head = packNetworkWeights(trained.network);
    report.epoch({ epoch: last.epoch, metrics: describeRunScore(last), head });
  }
  for (const { message } of warnings) report.warn(message);

  report.enter({ stage: "saving", total: 1 });
  const names = { classNames, samples: collected.samples };
  const durationMs = Math.round(performance.now() - started);
  const facts = { ...names, job, base, input: collected.input, durationMs };
  const card = describeVersion(trained, facts);
  signal.throwIfAborted();
  const version = {
    ...packTrainedNetwork({ card, network: trained.network }),
    model: job.resultModel,
    labels: publish ? ["stable"] : [],
    limits: modelLimits,
  };
  const evaluation = describeEvaluation(trained, names);
  const published = await report.end(
    (transaction) => completeJob(transaction, { lease, version, evaluation }),
    { describe: (published) => `Saved version ${published.version} of ${published.model}` },
  );
  models.directory.refresh(published.model);
  return published;
}

function labelSamples({ samples, data }: CollectedNetworkSamples, classNames: readonly string[]) {
  const indexes = new Map(classNames.map((name, index) => [name, index]));
  const classes = Int32Array.from(samples, (sample) => indexes.get(sample.class) as number);
  return { ...data, classes, classCount: classNames.length };
}

/** Numbers of one step, or size of the vocabulary. */
function countInputs({ input, data }: CollectedNetworkSamples): number {
  return input.kind === "text" ? [...input.vocabulary].length : data.width;
}
