import { layers, type LayersModel, sequential } from "@tensorflow/tfjs-layers";

/** Channels and classes of the networks below. */
export const WHOLE_SIZES = { channels: 2, classes: 3 };

/** A network that reads a series as a whole: a convolution over time, and a bidirectional layer. */
export function makeWholeNetwork(
  { steps = null }: { steps?: number | null } = {},
): LayersModel {
  const { channels, classes } = WHOLE_SIZES;
  const lstm = layers.lstm({
    units: 3,
    recurrentActivation: "sigmoid",
    recurrentInitializer: "glorotNormal",
  });
  return sequential({
    layers: [
      layers.conv1d({
        filters: 4,
        kernelSize: 3,
        activation: "relu",
        inputShape: [steps, channels],
      }),
      layers.bidirectional({ layer: lstm as never, mergeMode: "concat" }),
      layers.dense({ units: classes }),
      layers.activation({ activation: "softmax" }),
    ],
  });
}
