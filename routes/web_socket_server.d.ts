/**
 * What this project uses of `ws`. Its own types come with those of Node, which replace the ones that
 * Deno has for `node:` modules everywhere in the project.
 */
import type { WebSocketLike, WebSocketServerLike } from "@hono/node-server";

/** One connection. */
export type NodeWebSocket = WebSocketLike & {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  /** Calls back when the message has left, or with what kept it from leaving. */
  send(data: string, callback: (error?: Error) => void): void;
  ping(): void;
  /** Reads no more from the client, whose messages then wait where they are. */
  pause(): void;
  resume(): void;
  /** Ends the connection without a word. */
  terminate(): void;
  on(event: "pong", listener: () => void): NodeWebSocket;
};

/** Takes upgrades from an HTTP server. */
export class WebSocketServer {
  constructor(options: { noServer: true; maxPayload: number });
  readonly clients: Set<NodeWebSocket>;
}
export interface WebSocketServer extends WebSocketServerLike {}
