import { LayerCall } from "./layer_call";

/**
 * What a call of back-propagation through time computes: the fields of the forward call, which ran
 * with all steps in one chunk and kept its history, and then these. `state` is scratch space here.
 */
@unmanaged
export class GradientCall extends LayerCall {
  /** The recurrent kernel, transposed, in panels; a GRU that resets before has its candidate apart. */
  transposed: usize;
  /** Of the loss by the outputs, if it reads them: [batch, steps, units] */
  outputGradients: usize;
  /** Of the loss by the final hidden state: [batch, units] */
  finalHiddenGradients: usize;
  /** Of the loss by the final cell state: [batch, units] */
  finalCellGradients: usize;
  /** Written: by the sums before activation. [batch, steps, gates, paddedUnits] */
  gateGradients: usize;
  /** Written: by the initial hidden state. [batch, units] */
  initialHiddenGradients: usize;
  /** Written: by the initial cell state. [batch, units] */
  initialCellGradients: usize;
  /** Rows for the products of a GRU that resets after: [batch, gates, paddedUnits] */
  products: usize;
}
