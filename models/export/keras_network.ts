import type { Weight } from "../formats/graph.ts";

/** A weight under the name that a layers model gives it. */
export interface NamedWeight extends Weight {
  /** `layer/kernel`. */
  name: string;
}

/** One layer to add to a {@linkcode KerasNetwork}. */
export interface KerasLayer {
  /** As Keras calls it: `Conv2D`. */
  className: string;
  /** Names of the layers that it reads. */
  inputs: string[];
  /** Its settings as Keras names them; name and type are added. */
  config?: Record<string, unknown>;
  /** Its weights by the name inside of the layer, in the order of the layer. */
  weights?: Record<string, Weight | undefined>;
}

/** A weight is loaded at once, so nobody needs random numbers before. */
const ZEROS = { class_name: "Zeros", config: {} };
/** What Keras calls the initialiser of a weight, where it is not the weight's own name. */
const INITIALIZED: ReadonlyMap<string, string> = new Map([
  ["depthwise_kernel", "depthwise"],
  ["pointwise_kernel", "pointwise"],
]);

/** Collects the layers of a functional Keras network as `tf.loadLayersModel()` reads them. */
export class KerasNetwork {
  /** All weights, in the order of the layers. */
  readonly weights: NamedWeight[] = [];
  /** Name of the input's layer. */
  readonly input = "image";
  readonly #layers: Record<string, unknown>[] = [];
  readonly #counts = new Map<string, number>();

  /**
   * Starts with the input.
   *
   * @param inputShape of one picture: `[height, width, channels]`
   */
  constructor(inputShape: readonly number[]) {
    this.#push({ className: "InputLayer", inputs: [] }, this.input, {
      batch_input_shape: [null, ...inputShape],
      sparse: false,
    });
  }

  /**
   * Adds a layer.
   *
   * @returns its name, for the layers that read it
   */
  add(layer: KerasLayer): string {
    const { className, config = {}, weights = {} } = layer;
    const count = (this.#counts.get(className) ?? 0) + 1;
    this.#counts.set(className, count);
    const name = `${className.toLowerCase()}_${count}`;
    const initializers: Record<string, unknown> = {};
    for (const [part, weight] of Object.entries(weights)) {
      if (weight === undefined) continue;
      this.weights.push({ name: `${name}/${part}`, ...weight });
      initializers[`${INITIALIZED.get(part) ?? part}_initializer`] = ZEROS;
    }
    this.#push(layer, name, { ...config, ...initializers });
    return name;
  }

  /** The structure for `modelTopology` of `model.json`. */
  toTopology(output: string): Record<string, unknown> {
    return {
      class_name: "Model",
      config: {
        name: "lastlayer",
        layers: this.#layers,
        input_layers: [[this.input, 0, 0]],
        output_layers: [[output, 0, 0]],
      },
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensor_flow.js",
    };
  }

  #push({ className, inputs }: KerasLayer, name: string, config: Record<string, unknown>): void {
    this.#layers.push({
      class_name: className,
      name,
      config: { name, dtype: "float32", trainable: false, ...config },
      inbound_nodes: inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [],
    });
  }
}
