import { cleanSampleName, readClassName } from "./sample_names.ts";
import type { SampleSource } from "./sample_source.ts";

/** What {@linkcode readOneSample} needs. */
export interface ReadOneSampleOptions {
  /** What the sample shows. */
  class: string;
  /** What it is called; unset: `sample`. */
  name?: string | undefined;
}

/**
 * Reads a body that is one sample. The body must be limited already.
 *
 * @throws {ServiceError} `invalid_sample` when the class cannot be one
 */
export async function* readOneSample(
  stream: ReadableStream<Uint8Array>,
  { class: className, name = "sample" }: ReadOneSampleOptions,
): SampleSource {
  const known = readClassName(className);
  const bytes = new Uint8Array(await new Response(stream as BodyInit).arrayBuffer());
  yield { name: cleanSampleName(name), class: known, bytes };
}
