import type { Context, MiddlewareHandler } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { except } from "hono/combine";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";
import { errorResponse } from "./errors.ts";

/**
 * What needs no key: health, and the documentation, as a browser cannot send one with a page. It says
 * what any installation can do and nothing of this one.
 */
const OPEN_PATHS = ["/", "/docs", "/docs/*", "/openapi.json", "/v2/health/*"];

/**
 * Asks everything but health and the documentation for `Authorization: Bearer KEY`. Several keys are
 * valid at once, so that they can be rotated; they are compared in constant time.
 */
export function authenticate(apiKeys: readonly string[]): MiddlewareHandler<AppEnv> {
  const message = (context: Context) =>
    errorResponse(
      context,
      new ServiceError("unauthorized", "Cannot serve the request as it needs a valid API key"),
    );
  const bearer = bearerAuth({
    token: [...apiKeys],
    noAuthenticationHeader: { message },
    invalidAuthenticationHeader: { message },
    invalidToken: { message },
  });
  return except(OPEN_PATHS, bearer);
}
