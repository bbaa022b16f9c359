import { readShape } from "../formats/tfjs_attributes.ts";
import { isRecord } from "../formats/tfjs_files.ts";

/**
 * Finds the shape that a network of TensorFlow.js declares for its first input.
 *
 * @param topology `modelTopology` of a graph or layers model
 * @returns with the batch first, and null or -1 where a size is open; `undefined` where it is not told
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { findInputShape } from "./find_input_shape.ts";
 *
 * const layers = [{ class_name: "LSTM", config: { batch_input_shape: [null, null, 6] } }];
 * assertEquals(findInputShape({ model_config: { config: { layers } } }), [null, null, 6]);
 * ```
 */
export function findInputShape(topology: unknown): readonly unknown[] | undefined {
  if (!isRecord(topology)) return undefined;
  if (Array.isArray(topology.node)) return findPlaceholderShape(topology.node);
  // Keras puts the model into `model_config`, TensorFlow.js does not.
  let network: unknown = topology.model_config ?? topology;
  while (isRecord(network)) {
    const config: unknown = network.config;
    const layers: unknown = isRecord(config) ? config.layers : config;
    const first: unknown = Array.isArray(layers) ? layers[0] : undefined;
    if (!isRecord(first) || !isRecord(first.config)) return undefined;
    const shape = first.config.batch_input_shape ?? first.config.batch_shape;
    if (Array.isArray(shape)) return shape;
    // The first layer may be a model itself.
    network = first;
  }
  return undefined;
}

/** That of the first placeholder which a node reads: what is left of control flow is read by none. */
function findPlaceholderShape(nodes: readonly unknown[]): readonly unknown[] | undefined {
  const records = nodes.filter(isRecord);
  const read = new Set(records.flatMap(({ input }) => Array.isArray(input) ? input : []));
  const placeholder = records.find(({ name, op }) => op === "Placeholder" && read.has(name));
  const attributes = isRecord(placeholder?.attr) ? placeholder.attr : {};
  const shape = readShape({ attributes }, "shape");
  return shape.length > 0 ? shape : undefined;
}
