// AssemblyScript. What `models/training/training_kernels.wasm` exports; `deno task kernels` builds
// it.
export { multiplyStrided, multiplyTransposed } from "./multiply";
export { crossEntropyAlong, crossEntropyGradient } from "./softmax";
export {
  addScaled,
  dotProduct,
  maskWhereZero,
  multiplyEach,
  rectify,
  stepAdam,
} from "./vectors";
