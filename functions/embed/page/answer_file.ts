import type { Context, Handler } from "hono";

/** A browser asks each time whether its copy is still the one that is served: an update is seen at once. */
const REVALIDATE = { "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff" };

/** A handler that answers one file. */
export function answerFile(contentType: string, body: string | Uint8Array<ArrayBuffer>): Handler {
  return function file(c: Context): Response {
    return c.body(body, 200, { "Content-Type": contentType, ...REVALIDATE });
  };
}

/**
 * A handler that answers a TypeScript file as the JavaScript that it is without its types. They become spaces, so that
 * the lines that a browser names are those of the file.
 */
export function answerScript(typescript: string, headers: Record<string, string> = {}): Handler {
  let javascript: string | undefined;
  return async function script(c: Context): Promise<Response> {
    javascript ??= (await import("node:module")).stripTypeScriptTypes(typescript);
    return c.body(javascript, 200, {
      "Content-Type": "text/javascript; charset=utf-8",
      ...REVALIDATE,
      ...headers,
    });
  };
}
