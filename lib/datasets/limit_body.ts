import { ServiceError } from "../service_error.ts";

/** What {@linkcode limitBody} needs. */
export interface LimitBodyOptions {
  /** Most bytes. */
  bytesMax: number;
  /** Ends the stream with its reason. */
  signal: AbortSignal;
}

/**
 * Passes a body on until it has more bytes than it may, or nobody wants it any longer: whoever reads
 * the result then gets the error.
 *
 * @throws {ServiceError} `body_too_large`, while it is read
 */
export function limitBody(
  stream: ReadableStream<Uint8Array>,
  { bytesMax, signal }: LimitBodyOptions,
): ReadableStream<Uint8Array> {
  let length = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length += chunk.length;
      if (length > bytesMax) {
        throw new ServiceError(
          "body_too_large",
          `Cannot accept the body as it must have at most ${bytesMax} bytes: it has more`,
        );
      }
      controller.enqueue(chunk);
    },
  });
  return stream.pipeThrough(counter, { signal });
}
