import { Hono } from "hono";
import type { AppEnv } from "./app_env.ts";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>lastlayer API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START =
  `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true });\n`;

const SCRIPT = { "Content-Type": "text/javascript; charset=utf-8" };
const CACHED = { "Cache-Control": "public, max-age=86400" };

/**
 * `GET /docs`: Swagger UI over `/openapi.json`. Its files come out of the npm package when they are
 * first asked for, so that the page works offline and a service that nobody reads about pays nothing.
 */
export function docsRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/docs", (context) => {
      const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";
      return context.html(PAGE, 200, { "Content-Security-Policy": policy });
    })
    .get("/docs/start.js", (context) => context.body(START, 200, SCRIPT))
    .get("/docs/swagger-ui.css", async (context) => {
      const { default: text } = await import("swagger-ui-dist/swagger-ui.css", {
        with: { type: "text" },
      });
      return context.body(text, 200, { "Content-Type": "text/css; charset=utf-8", ...CACHED });
    })
    .get("/docs/swagger-ui-bundle.js", async (context) => {
      const { default: text } = await import("swagger-ui-dist/swagger-ui-bundle.js", {
        with: { type: "text" },
      });
      return context.body(text, 200, { ...SCRIPT, ...CACHED });
    });
}
