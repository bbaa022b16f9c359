/** What {@linkcode discardBody} needs. */
export interface DiscardBodyOptions {
  /** A body with more bytes is cut off. */
  bytesMax: number;
  /** A body that takes longer is cut off. */
  timeoutMs: number;
}

/**
 * Reads a body that nobody wants to its end. Many clients send the whole body before they look at the
 * answer, and would only see a broken connection.
 */
export async function discardBody(
  body: ReadableStream<Uint8Array>,
  { bytesMax, timeoutMs }: DiscardBodyOptions,
): Promise<void> {
  let length = 0;
  const sink = new WritableStream<Uint8Array>({
    write(chunk) {
      length += chunk.length;
      if (length > bytesMax) throw new RangeError(`More than ${bytesMax} bytes`);
    },
  });
  const signal = AbortSignal.timeout(timeoutMs);
  // Whatever goes wrong with it does not change the answer.
  await body.pipeTo(sink, { signal }).catch(() => {});
}
