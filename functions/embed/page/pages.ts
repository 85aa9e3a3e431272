import { type Handler, Hono } from "hono";
import { etag } from "hono/etag";
import client from "../../../shared/client.ts" with { type: "text" };
import { answerFile, answerScript } from "./answer_file.ts";

/** What the endpoint serves to browsers: its client. */
export function createPages(): Hono {
  const pages = new Hono();
  const get = (path: string, handler: Handler) => pages.get(path, etag(), handler);
  get("/client.js", answerScript(client, { "X-TypeScript-Types": "/client.ts" }));
  get("/client.ts", answerFile("application/typescript; charset=utf-8", client));
  return pages;
}
