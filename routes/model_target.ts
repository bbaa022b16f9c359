import type { Context } from "hono";
import type { AppEnv } from "./app_env.ts";

/** The form of a model's name. */
export const MODEL_NAME = "[a-z0-9][a-z0-9._-]{0,63}";

/**
 * The path of a verb on a model, `/v1/models/{model}:classify`. Hono gives a parameter its whole
 * segment, so model and verb arrive together as `target`.
 */
export function verbPath<Verb extends string>(verb: Verb): `/v1/models/:target{[\\w.-]+:${Verb}}` {
  return `/v1/models/:target{[\\w.-]+:${verb}}`;
}

/** The model's name out of a `target` parameter. */
export function targetModel(context: Context<AppEnv>): string {
  const target = context.req.param("target") ?? "";
  return target.slice(0, target.lastIndexOf(":"));
}

/**
 * The path of a route as the documentation writes it:
 * `/v1/models/:target{[\\w.-]+:classify}` -> `/v1/models/{model}:classify`.
 */
export function documentedPath(routePath: string): string {
  return routePath
    .replace(/\/:target\{[^}]*:(\w+)\}/, "/{model}:$1")
    .replace(/\/:(\w+)(\{[^}]*\})?/g, "/{$1}");
}
