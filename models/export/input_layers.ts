import { TEACHABLE_MACHINE_PREPROCESSING } from "../archive/model_archive.ts";
import type { ImageInput } from "../image_input.ts";
import { KerasNetwork } from "./keras_network.ts";

/**
 * What an exported model takes: `teachable-machine` the central square as Teachable Machine's
 * library makes it, `network` the very tensor that the service's own network takes.
 */
export const INPUT_CONVENTIONS = ["teachable-machine", "network"] as const;
/** One of {@linkcode INPUT_CONVENTIONS}. */
export type InputConvention = (typeof INPUT_CONVENTIONS)[number];

/** The beginning of a network that is exported. */
export interface NetworkStart {
  /** To add further layers to. */
  network: KerasNetwork;
  /** The layer that gives what the backbone takes. */
  output: string;
  /** Height, width and channels of what the exported model takes. */
  inputShape: [height: number, width: number, channels: number];
}

/**
 * Starts a network with the layers that make what the service's own network takes out of what the
 * exported model takes.
 *
 * Teachable Machine's library gives the whole central square, where the service may take the middle
 * of it: the exported model then takes a larger square, in the same proportion, and cuts it down. It
 * gives `x / 127 - 1`, where the service may scale otherwise: a depthwise 1 x 1 convolution scales.
 * A network that takes the whole picture (`stretch`) or no square gets the library's picture as it is.
 */
export function startNetwork(input: ImageInput, convention: InputConvention): NetworkStart {
  const { height, width, channels } = input;
  if (convention === "network") {
    const network = new KerasNetwork([height, width, channels]);
    return { network, output: network.input, inputShape: [height, width, channels] };
  }
  const isCut = input.fit === "crop" && height === width;
  const side = (size: number) => isCut ? Math.round(size / input.cropFraction) : size;
  const inputShape: NetworkStart["inputShape"] = [side(height), side(width), channels];
  const network = new KerasNetwork(inputShape);
  const cut = addCropping(network, [inputShape[0] - height, inputShape[1] - width]);
  return { network, output: addScaling(network, { input, name: cut }), inputShape };
}

function addCropping(network: KerasNetwork, [rows, columns]: [number, number]): string {
  if (rows === 0 && columns === 0) return network.input;
  const split = (size: number) => [Math.floor(size / 2), Math.ceil(size / 2)];
  const config = { cropping: [split(rows), split(columns)], data_format: "channels_last" };
  return network.add({ className: "Cropping2D", inputs: [network.input], config });
}

function addScaling(
  network: KerasNetwork,
  { input: { scale, offset, channels }, name }: { input: ImageInput; name: string },
): string {
  const given = TEACHABLE_MACHINE_PREPROCESSING;
  // x = (t - t0) / s, so that x * scale + offset = t * scale / s + offset - t0 * scale / s.
  const factor = scale / given.scale;
  const term = offset - given.offset * factor;
  if (Math.abs(factor - 1) < 1e-9 && Math.abs(term) < 1e-9) return name;
  return network.add({
    className: "DepthwiseConv2D",
    inputs: [name],
    config: {
      kernel_size: [1, 1],
      strides: [1, 1],
      depth_multiplier: 1,
      padding: "valid",
      data_format: "channels_last",
      use_bias: true,
      activation: "linear",
    },
    weights: {
      depthwise_kernel: {
        shape: [1, 1, channels, 1],
        values: new Float32Array(channels).fill(factor),
      },
      bias: { shape: [channels], values: new Float32Array(channels).fill(term) },
    },
  });
}
