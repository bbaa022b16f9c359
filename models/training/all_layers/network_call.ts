import type { LayeredNetwork } from "../../networks/layered_network.ts";
import type { RunScore } from "../fit_run.ts";
import type { NetworkSamples } from "./network_samples.ts";
import type { TrainedNetwork, TrainNetworkOptions } from "./train_network.ts";

/** What a thread is asked that trains a network, once. */
export interface NetworkCall {
  /** Their memory moves to the thread. */
  samples: NetworkSamples;
  /** What can be posted of the options. */
  options: Omit<TrainNetworkOptions, "onEpoch">;
}

/** How far the training is. */
export interface NetworkCallProgress extends RunScore {
  /** From 1. */
  epoch: number;
  /** Epochs at most. */
  epochs: number;
  /** The network as it stands; now and then. */
  network?: LayeredNetwork;
}

/** What the thread answers. */
export type NetworkAnswer = TrainedNetwork;
