import type { BackboneArtifact } from "./model_artifact.ts";

/** What a client calls the backbone that leaves vectors as they are. */
export const NO_BACKBONE_NAME = "none";

/** The backbone of heads that were trained on numbers: see `createIdentityModel()`. */
export function makeIdentityBackbone(length: number): BackboneArtifact {
  return {
    hash: `identity of ${length}`,
    role: "classifier",
    format: "identity",
    files: new Map(),
    input: { kind: "vector", length },
  };
}
