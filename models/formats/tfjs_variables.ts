import * as tf from "@tensorflow/tfjs-core";

/**
 * Names of all variables of the engine. Layers models leave their weights there: what is new after
 * one was loaded belongs to it.
 */
export function variableNames(): string[] {
  return Object.keys(tf.engine().state.registeredVariables);
}

/** Frees variables by name; one that is gone is no error. */
export function disposeVariables(names: readonly string[]): void {
  for (const name of names) tf.engine().state.registeredVariables[name]?.dispose();
}
