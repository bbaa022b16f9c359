/** The parts of an HTTP response that the load generator looks at. */
export interface HttpResponse {
  status: number;
  /** Names in lower case. */
  headers: Map<string, string>;
}

/** Where {@linkcode HttpResponseReader} reads from: a connection, or a test. */
export interface ByteSource {
  /** Fills a part of `buffer` and says how much; null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

const BUFFER_BYTES = 64 * 1024;

/**
 * Reads the responses of one HTTP/1.1 connection, body included, with as little work as possible:
 * the load generator shares the processor with what it measures. Bodies must have a
 * `Content-Length` and fit, with the head, into 64 KiB.
 */
export class HttpResponseReader {
  readonly #source: ByteSource;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #length = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /**
   * Reads the next response.
   *
   * @throws {Error} if the connection ends before it, or it is not of the kind described above
   */
  async read(): Promise<HttpResponse> {
    let head = this.#findHead();
    while (head === undefined) {
      await this.#fill();
      head = this.#findHead();
    }
    const [first = "", ...lines] = head.split("\r\n");
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const contentLength = Number(headers.get("content-length"));
    if (!Number.isInteger(contentLength)) throw new Error("The response has no Content-Length");
    const end = head.length + 4 + contentLength;
    while (this.#length < end) await this.#fill();
    this.#buffer.copyWithin(0, end, this.#length);
    this.#length -= end;
    return { status: Number(first.split(" ")[1]), headers };
  }

  /** The head of the next response without its empty line; undefined until all of it is there. */
  #findHead(): string | undefined {
    const text = new TextDecoder("latin1").decode(this.#buffer.subarray(0, this.#length));
    const length = text.indexOf("\r\n\r\n");
    return length < 0 ? undefined : text.slice(0, length);
  }

  async #fill(): Promise<void> {
    if (this.#length === BUFFER_BYTES) throw new Error("The response is too long");
    const count = await this.#source.read(this.#buffer.subarray(this.#length));
    if (count === null) throw new Error("The connection ended before the response");
    this.#length += count;
  }
}
