import type { RequestIdVariables } from "hono/request-id";

/** What the middleware gives to every handler. */
export interface AppEnv {
  Variables: RequestIdVariables & {
    /** Aborted when the deadline passes or the client goes away; its reason is a ServiceError. */
    signal: AbortSignal;
    /**
     * Keeps the signal going after the handler has returned, for answers that are streamed; what it
     * gives is called when the stream ends.
     */
    holdSignal: () => () => void;
  };
}
