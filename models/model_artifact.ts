import type { ModelFiles, ModelFormat } from "./formats/load_model.ts";
import type { ModelInput } from "./model_description.ts";

/** A network as its files hold it, with the input that it wants. It can be posted to a worker. */
export interface BackboneArtifact {
  /** SHA-256 of its files: a thread loads each backbone once, however many models stand on it. */
  hash: string;
  /** What the files make: a network that gives scores and features, one that writes, or a pair. */
  role: "classifier" | "generator" | "autoencoder";
  /** How to read the files. */
  format: ModelFormat;
  /** Shared between threads where they are over a `SharedArrayBuffer`. */
  files: ModelFiles;
  /** How what a client sends becomes its input. */
  input: ModelInput;
}

/** All that a thread needs to run a model. It can be posted to a worker. */
export interface ModelArtifact {
  /** What tasks call it by: see `KnownModel`. */
  id: string;
  /** The network that it stands on. */
  backbone: BackboneArtifact;
  /** Its own head in place of the network's, as `encodeHead()` wrote it. */
  head?: Uint8Array | undefined;
  /** What tells inputs that belong to none of its classes, as `encodeDetector()` wrote it. */
  detector?: Uint8Array | undefined;
}
