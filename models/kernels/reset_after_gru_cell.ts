import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "../tensors.ts";
import { type LayerWeight, STOCK_GRU_CELL } from "./stock_layers.ts";

/**
 * The cell of a GRU that resets after the product, in the form of Keras: `g = activation(x K + b +
 * r (h R + b'))`, with a bias of `[2, 3 * units]`. The stock cell refuses it. Its own `call()` runs
 * where the kernels cannot, as with activations that they lack.
 */
export class ResetAfterGruCell extends STOCK_GRU_CELL {
  /** Creates the weights. */
  build(inputShape: (number | null)[]): void {
    const inputs = inputShape.at(-1);
    const columns = 3 * this.units;
    const add = (name: string, shape: unknown[], rest: [unknown, unknown, unknown]) => {
      const [initializer, regularizer, constraint] = rest;
      return this.addWeight(name, shape, null, initializer, regularizer, true, constraint);
    };
    this.kernel = add("kernel", [inputs, columns], [
      this.kernelInitializer,
      this.kernelRegularizer,
      this.kernelConstraint,
    ]);
    this.recurrentKernel = add("recurrent_kernel", [this.units, columns], [
      this.recurrentInitializer,
      this.recurrentRegularizer,
      this.recurrentConstraint,
    ]);
    this.bias = this.useBias
      ? add("bias", [2, columns], [
        this.biasInitializer,
        this.biasRegularizer,
        this.biasConstraint,
      ])
      : null;
    this.built = true;
  }

  /**
   * One step: `[x, h]`, `[batch, inputs]` and `[batch, units]`, to the next hidden state, twice.
   *
   * @throws {RangeError} in a training with dropout
   */
  call([x, h]: [Tensor2D, Tensor2D], { training }: { training?: boolean }): Tensor[] {
    if (training && (this.dropout > 0 || this.recurrentDropout > 0)) {
      throw new RangeError(
        "Cannot train GRU that resets after the product as its dropout must be 0: " +
          `dropout is ${this.dropout}, recurrent dropout is ${this.recurrentDropout}`,
      );
    }
    return tf.tidy(() => {
      const biases = this.bias ? tf.unstack(this.bias.read()) : [];
      const project = (left: Tensor2D, weight: LayerWeight, bias: Tensor | undefined) => {
        const product = tf.matMul(left, weight.read() as Tensor2D);
        return tf.split(bias ? tf.add(product, bias) : product, 3, 1) as [Tensor, Tensor, Tensor];
      };
      const [xz, xr, xg] = project(x, this.kernel, biases[0]);
      const [hz, hr, hg] = project(h, this.recurrentKernel, biases[1]);
      const z = this.recurrentActivation.apply(tf.add(xz, hz));
      const r = this.recurrentActivation.apply(tf.add(xr, hr));
      const g = this.activation.apply(tf.add(xg, tf.mul(r, hg)));
      const next = tf.add(tf.mul(z, tf.sub(h, g)), g);
      return [next, next];
    });
  }

  /** The configuration that makes such a cell again. */
  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), resetAfter: true };
  }
}
