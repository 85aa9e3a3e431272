import { type Context, Hono } from "hono";
import { etag } from "hono/etag";
import { answerFile } from "../page/answer_file.ts";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Lookalike: reference</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="reference"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

/** `validatorUrl` would send the document to a service elsewhere. */
const START = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  validatorUrl: null,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
});
`;

const SECURITY = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** Swagger UI's own files, of which most is never asked for. */
const FILES = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};

/**
 * The description of the interface: `/openapi.json`, and Swagger UI with it at `/docs`, from the installed package, so
 * that nothing comes from elsewhere. All of it is loaded when it is first asked for.
 */
export function createReference(): Hono {
  const reference = new Hono();
  reference.get("/openapi.json", etag(), async function openApi(c: Context) {
    const { openApiDocument } = await import("./document.ts");
    return c.json(openApiDocument, 200, { "Cache-Control": "no-cache" });
  });
  reference.get("/docs", function docs(c: Context) {
    return c.html(PAGE, 200, { "Cache-Control": "no-cache", ...SECURITY });
  });
  reference.get("/docs/start.js", etag(), answerFile("text/javascript; charset=utf-8", START));
  for (const [name, contentType] of Object.entries(FILES)) {
    let bytes: Promise<Uint8Array<ArrayBuffer>> | undefined;
    reference.get(`/docs/${name}`, etag(), async function file(c: Context) {
      bytes ??= Deno.readFile(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)));
      return c.body(await bytes, 200, {
        "Content-Type": contentType,
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
      });
    });
  }
  return reference;
}
