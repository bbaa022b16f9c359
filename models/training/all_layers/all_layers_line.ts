import { listJobSamples } from "../../../lib/storage/jobs/job_samples.ts";
import {
  type PublishedVersion,
  refuseBeyondLimits,
} from "../../../lib/storage/models/publish_version.ts";
import { packNetworkWeights, packTrainedNetwork } from "../../stored/trained_network.ts";
import { describeRunScore } from "../describe_evaluation.ts";
import { finishTraining } from "../finish_training.ts";
import { indexClasses, listTrainedClasses } from "../label_samples.ts";
import { leaveOutRejected } from "../require_usable.ts";
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
  station: TrainingStation,
  work: TrainingWork,
  { publish, ...options }: AllLayersOptions,
): Promise<PublishedVersion> {
  const { database, models, modelLimits } = station;
  const { job, signal, report } = work;
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
  leaveOutRejected(collected, report);
  const classNames = listTrainedClasses(collected.samples, undefined);

  report.enter({ stage: "training", total: options.epochs });
  const call = {
    samples: {
      ...collected.data,
      classes: indexClasses(collected.samples, classNames),
      classCount: classNames.length,
    },
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
  const { network, ...answer } = trained;
  return await finishTraining(station, work, {
    trained: answer,
    weights: packNetworkWeights(network),
    facts: { classNames, samples: collected.samples, base, input: collected.input },
    started,
    publish,
    pack: (card) => packTrainedNetwork({ card, network }),
  });
}

/** Numbers of one step, or size of the vocabulary. */
function countInputs({ input, data }: CollectedNetworkSamples): number {
  return input.kind === "text" ? [...input.vocabulary].length : data.width;
}
