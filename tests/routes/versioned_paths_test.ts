import { assertEquals } from "@std/assert";
import { z } from "zod";
import { modelParameter } from "../../routes/openapi_parts.ts";
import { addVersionPaths } from "../../routes/versioned_paths.ts";

Deno.test("addVersionPaths() documents a verb on versions and labels, with its own query", () => {
  const query = z.object({ top_k: z.string() });
  const post = {
    summary: "Classify",
    requestParams: { path: modelParameter, query },
    responses: {},
  };
  const paths = addVersionPaths({ "/v1/models/{model}:classify": { post } });
  const described = Object.entries(paths).map(([path, item]) => {
    const { summary, requestParams } = item.post ?? {};
    const parameters = (requestParams?.path as z.ZodObject | undefined)?.shape ?? {};
    return [path, summary, Object.keys(parameters), requestParams?.query === query];
  });
  assertEquals(described, [
    ["/v1/models/{model}:classify", "Classify", ["model"], true],
    [
      "/v1/models/{model}/versions/{version}:classify",
      "Classify: one version",
      ["model", "version"],
      true,
    ],
    [
      "/v1/models/{model}/labels/{label}:classify",
      "Classify: the version of a label",
      ["model", "label"],
      true,
    ],
  ]);
});

Deno.test("addVersionPaths() leaves other paths as they are", () => {
  const paths = { "/v1/models/{model}": { get: { responses: {} } } };
  assertEquals(addVersionPaths(paths), paths);
});
