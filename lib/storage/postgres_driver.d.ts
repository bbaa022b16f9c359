/**
 * What this project uses of `pg`. Its own types come with those of Node, which replace the ones that
 * Deno has for `node:` modules everywhere in the project.
 */

/** Settings of a connection. */
export type ClientConfig = {
  connectionString: string;
  application_name: string;
  connectionTimeoutMillis: number;
  keepAlive: boolean;
  types: { getTypeParser(type: number): (text: string) => unknown };
};

/** Settings of a pool. */
export type PoolConfig = ClientConfig & {
  max: number;
  statement_timeout: number;
  idle_in_transaction_session_timeout: number;
};

/** One connection. */
export type Client = {
  connect(): Promise<unknown>;
  // deno-lint-ignore no-explicit-any -- the rows are whatever the query selects
  query(text: string, values?: readonly unknown[]): Promise<any>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "end", listener: () => void): void;
  on(event: "notification", listener: (message: { payload?: string }) => void): void;
};

/** Connections that are lent and given back. */
export type Pool = {
  readonly options: object;
  connect(): Promise<PoolClient>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "connect", listener: (client: PoolClient) => void): void;
};

/** A connection on loan. */
export type PoolClient = {
  // deno-lint-ignore no-explicit-any -- the rows are whatever the query selects
  query(...values: any[]): any;
  release(): void;
  on(event: "error", listener: (error: Error) => void): void;
};

/** The package. */
declare const pg: {
  Client: new (config: ClientConfig) => Client;
  Pool: new (config: PoolConfig) => Pool;
};
export default pg;
