import { getLogger } from "@logtape/logtape";
import { ServiceError, toErrorFields } from "../lib/service_error.ts";
import type { InputValue } from "../models/inference_task.ts";
import type { ModelInput } from "../models/model_description.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import { readSeriesBytes } from "../models/series_bytes.ts";
import type { Sequence, SequenceOrigin } from "../models/sequences/sequence_store.ts";
import { describeClasses } from "./classify.ts";
import { describePlace, describeSequence } from "./describe_sequence.ts";
import { inputForm } from "./input_forms.ts";
import { readJsonInputs } from "./json_inputs.ts";
import type { Services } from "./services.ts";
import { acquireForSequence, type PieceQuery, stepSequence } from "./step_sequence.ts";
import type { NodeWebSocket } from "./web_socket_server.d.ts";

const logger = getLogger(["lastlayer", "http"]);

/** More messages of a client wait in the network until some of them are answered. */
const UNANSWERED_MAX = 16;
/** A client that has sent nothing between two pings, and did not answer the first, is gone. */
const PING_INTERVAL_MS = 30_000;

/** Why we close a connection, by RFC 6455. */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** What a connection is opened with. */
export interface ConnectionOptions {
  /** The sequence that it makes. */
  from: SequenceOrigin;
  /** What is asked of each piece. */
  query: PieceQuery;
  /** Where the service is reached. */
  origin: string;
  /** A client that takes longer to read an answer is cut off. */
  sendMsMax: number;
  pingIntervalMs?: number;
  /** Called once, when the connection is over. */
  onEnd: () => void;
}

/**
 * One client's sequence over a WebSocket: each message is a piece and gets one answer, in order. The
 * sequence lives as long as the connection.
 */
export class SequenceConnection {
  readonly #services: Services;
  readonly #socket: NodeWebSocket;
  readonly #options: ConnectionOptions;
  readonly #over = new AbortController();
  #sequence: Readonly<Sequence> | undefined;
  #line: Promise<void> = Promise.resolve();
  #messages = 0;
  #unanswered = 0;
  #ping: ReturnType<typeof setInterval> | undefined;
  /** Whether anything has come since the last ping: a pong comes behind all messages on their way. */
  #isHeard = true;

  /** Does nothing before {@linkcode SequenceConnection.open}. */
  constructor(services: Services, socket: NodeWebSocket, options: ConnectionOptions) {
    this.#services = services;
    this.#socket = socket;
    this.#options = options;
  }

  /** Makes the sequence and tells of it. */
  open(): void {
    const { from, origin, pingIntervalMs = PING_INTERVAL_MS } = this.#options;
    try {
      this.#sequence = this.#services.sequences.create(from);
    } catch (error) {
      this.#end(TRY_AGAIN_LATER, toErrorFields(error).code);
      return;
    }
    const body = describeSequence(this.#sequence, origin);
    this.#line = this.#send(body);
    this.#socket.on("pong", () => this.#isHeard = true);
    this.#ping = setInterval(() => {
      // A client that is not read from cannot be heard.
      if (!this.#isHeard && !this.#isPaused) return this.#socket.terminate();
      if (!this.#isThere()) return;
      this.#isHeard = false;
      this.#socket.ping();
    }, pingIntervalMs);
  }

  /** Takes a message: JSON as a body of `:classify`, or a series as float32 little endian. */
  receive(data: string | ArrayBuffer): void {
    if (this.#over.signal.aborted) return;
    const message = ++this.#messages;
    this.#isHeard = true;
    this.#unanswered++;
    if (this.#isPaused) this.#socket.pause();
    this.#line = this.#line.then(async () => {
      if (this.#over.signal.aborted) return;
      const answer = await this.#answer(data);
      await this.#send({ message, ...answer });
      if ("code" in answer && answer.code.startsWith("sequence_")) {
        return this.#end(POLICY_VIOLATION, answer.code);
      }
      this.#unanswered--;
      if (!this.#isPaused) this.#socket.resume();
    });
  }

  /** Frees the sequence: the client is gone. */
  close(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new ServiceError("client_closed_request", "The client went away"));
    clearInterval(this.#ping);
    this.#options.onEnd();
    const { sequences } = this.#services;
    if (this.#sequence) sequences.forget(this.#sequence);
  }

  get #isPaused(): boolean {
    return this.#unanswered >= UNANSWERED_MAX;
  }

  async #answer(data: string | ArrayBuffer) {
    const { sequences, limits } = this.#services;
    const late = new AbortController();
    const timer = setTimeout(() => {
      const message = `The step took longer than ${limits.requestTimeoutMs} ms`;
      late.abort(new ServiceError("deadline_exceeded", message));
    }, limits.requestTimeoutMs);
    try {
      const signal = AbortSignal.any([this.#over.signal, late.signal]);
      const address = this.#sequence as Sequence;
      using turn = sequences.enter(address);
      using lease = await acquireForSequence(this.#services, { sequence: address, signal });
      const { model } = lease;
      const input = readMessage(data, model.description.input);
      const step = { turn, model, input, query: this.#options.query };
      const { result, sequence } = await stepSequence(this.#services, step, signal);
      return describeStep(result, { sequence, labels: model.labels });
    } catch (error) {
      return this.#describeError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the client is told of a piece that failed. */
  #describeError(error: unknown) {
    if (!(error instanceof ServiceError)) {
      logger.error("A message of a stream failed: {error}", { error });
    }
    const { message, code } = toErrorFields(error);
    return { error: message, code };
  }

  /** Ends the connection where its sequence has expired, was evicted or deleted. */
  #isThere(): boolean {
    try {
      this.#services.sequences.find(this.#sequence as Sequence);
      return true;
    } catch (error) {
      this.#end(POLICY_VIOLATION, toErrorFields(error).code);
      return false;
    }
  }

  /** Waits until the message has left, so that a client that does not read stops the line. */
  async #send(body: object): Promise<void> {
    const { signal } = this.#over;
    const left = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => this.#end(TRY_AGAIN_LATER, "The answers must be read"),
      this.#options.sendMsMax,
    );
    const onLeft = () => left.resolve();
    signal.addEventListener("abort", onLeft, { once: true });
    this.#socket.send(JSON.stringify(body), onLeft);
    await left.promise;
    signal.removeEventListener("abort", onLeft);
    clearTimeout(timer);
  }

  #end(code: number, reason: string): void {
    // A paused connection would not see that the client closes it too.
    this.#socket.resume();
    this.#socket.close(code, reason);
    this.close();
  }
}

function describeStep(
  result: PoolResult,
  { sequence, labels }: { sequence: Readonly<Sequence>; labels: readonly string[] },
) {
  const { steps_so_far, expires_at } = describePlace(sequence);
  return { steps_so_far, expires_at, ...describeClasses(result, labels) };
}

function readMessage(data: string | ArrayBuffer, input: ModelInput): InputValue {
  if (typeof data === "string") {
    const bytes = new TextEncoder().encode(data);
    const { inputs } = readJsonInputs(bytes, inputForm(input, 1));
    const [piece] = inputs;
    if (piece === undefined || inputs.length > 1) {
      const message = `Cannot step as a message must have one piece: it has ${inputs.length}`;
      throw new ServiceError("invalid_value", message);
    }
    if ("error" in piece) throw piece.error;
    return piece.value;
  }
  if (input.kind === "series") {
    return { kind: "series", values: readSeriesBytes(new Uint8Array(data), input) };
  }
  throw new ServiceError(
    "invalid_value",
    `Cannot read the message as ${input.kind} must come as JSON: it is binary`,
  );
}
