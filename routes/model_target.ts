import type { Context } from "hono";
import type { ModelTarget } from "../models/model_directory.ts";
import type { AppEnv } from "./app_env.ts";

/** The form of a model's name. */
export const MODEL_NAME = "[a-z0-9][a-z0-9._-]{0,63}";

/** What may follow the name of a model to mean one of its versions. */
const VERSION_PATHS = ["/versions/{version}", "/labels/{label}"] as const;

/**
 * The path of a verb on a model, `/v1/models/{model}:classify`, which also matches the verb on one
 * of its versions, `/v1/models/{model}/versions/{version}:classify` and
 * `/v1/models/{model}/labels/{label}:classify`. Hono gives a parameter its whole segment, so model
 * and verb arrive together as `target`. For the typed client the path is that of the model alone, as
 * it takes no slash in a parameter.
 */
export function verbPath<Verb extends string>(verb: Verb): `/v1/models/:target{[\\w.-]+:${Verb}}` {
  const path = `/v1/models/:target{[\\w.-]+(?:/versions/\\d+|/labels/[\\w.-]+)?:${verb}}`;
  return path as ReturnType<typeof verbPath<Verb>>;
}

/** The model and the version that a `target` parameter means. */
export function targetModel(context: Context<AppEnv>): ModelTarget {
  const target = context.req.param("target") ?? "";
  const [name = "", kind, value = ""] = target.slice(0, target.lastIndexOf(":")).split("/");
  if (kind === "versions") return { name, selector: { version: Number(value) } };
  return kind === "labels" ? { name, selector: { label: value } } : { name };
}

/**
 * The path of a route as the documentation writes it:
 * `/v1/models/:target{[\\w.-]+...:classify}` -> `/v1/models/{model}:classify`.
 */
export function documentedPath(routePath: string): string {
  return routePath
    .replace(/\/:target\{[^}]*:(\w+)\}/, "/{model}:$1")
    .replace(/\/:(\w+)\{[^}]*:(\w+)\}/, "/{$1}:$2")
    .replace(/\/:(\w+)(\{[^}]*\})?/g, "/{$1}");
}

/** The documented path of a verb on a model, with those of the verb on one of its versions. */
export function listVersionPaths(documentedPath: string): string[] {
  const [, model, verb] = documentedPath.match(/^(\/v1\/models\/\{model\})(:\w+)$/) ?? [];
  if (model === undefined) return [documentedPath];
  return [documentedPath, ...VERSION_PATHS.map((path) => `${model}${path}${verb}`)];
}
