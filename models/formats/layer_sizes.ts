import { LayersModel } from "@tensorflow/tfjs-layers";
import type { LayersNetwork, LayerValue } from "../tensors.ts";
import { refuse } from "./tfjs_files.ts";

/** Sizes of a value; null where TensorFlow.js leaves one open. */
type Shape = (number | null)[];

/**
 * Checks that every layer of a network gives a value, for an input of this shape. Where a window is
 * longer than what it slides over, TensorFlow.js computes a size of 0 or less.
 *
 * @param inputShape with the batch: `[1, steps, channels]`
 * @throws {ServiceError} `model_unusable`, naming the first layer whose output would be empty
 * @throws {Error} of TensorFlow.js, if a layer does not fit its input
 */
export function requireLayerSizes(network: LayersNetwork, inputShape: readonly number[]): void {
  computeShapes(network, [[...inputShape]]);
}

/** The shapes of the outputs; those of nested networks are computed layer by layer too. */
function computeShapes(network: LayersNetwork, inputShapes: Shape[]): Shape[] {
  const shapes = new Map<number, Shape>();
  network.inputs.forEach((value, index) => shapes.set(value.id, inputShapes[index] ?? []));
  const shapeOf = (value: LayerValue): Shape => {
    const shape = shapes.get(value.id) ?? computeShape(value, value.inputs.map(shapeOf));
    shapes.set(value.id, shape);
    return shape;
  };
  return network.outputs.map(shapeOf);
}

function computeShape(
  { sourceLayer: layer, outputTensorIndex = 0 }: LayerValue,
  inputShapes: Shape[],
): Shape {
  const [first = []] = inputShapes;
  const computed = layer instanceof LayersModel
    ? computeShapes(layer, inputShapes)
    : layer.computeOutputShape(inputShapes.length > 1 ? inputShapes : first);
  const shape = (Array.isArray(computed[0]) ? computed[outputTensorIndex] : computed) as Shape;
  if (!shape.every((size) => size === null || size >= 1)) {
    throw refuse(
      `each layer must give sizes of at least 1: "${layer.name}" gives [${shape.join(", ")}]`,
    );
  }
  return shape;
}
