import type { DecoderModules } from "./image_decoders.ts";

/** The compiled decoders: compile once here, then hand them to every worker. */
export const decoderModules: DecoderModules;
