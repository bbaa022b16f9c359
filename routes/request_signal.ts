import type { HonoRequest, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";

/**
 * Gives each request one signal, `c.var.signal`, that ends its work: when its time has passed
 * since its head arrived, or when its client goes away. The answer is sent at once in both cases.
 *
 * @param timeoutOf how many milliseconds a request may take
 */
export function requestSignal(
  timeoutOf: (request: HonoRequest) => number,
): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (context, next) => {
    const timeoutMs = timeoutOf(context.req);
    const controller = new AbortController();
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => {});
    const end = (code: "deadline_exceeded" | "client_closed_request", message: string) => {
      const reason = new ServiceError(code, message);
      controller.abort(reason);
      ended.reject(reason);
    };
    const timer = setTimeout(
      () => end("deadline_exceeded", `The request took longer than ${timeoutMs} ms`),
      timeoutMs,
    );
    const onClose = () => end("client_closed_request", "The client went away");
    const client = context.req.raw.signal;
    client.addEventListener("abort", onClose, { once: true });
    const release = () => {
      clearTimeout(timer);
      client.removeEventListener("abort", onClose);
    };
    let isHeld = false;
    context.set("signal", controller.signal);
    context.set("holdSignal", () => {
      isHeld = true;
      return release;
    });
    try {
      await Promise.race([next(), ended.promise]);
    } finally {
      if (!isHeld) release();
    }
  });
}
