import { Hono } from "hono";

/** What a cached answer is compared with: one route of Hono's that sends a text of that size, with those headers. */
const [size, headers] = Deno.args as [string, string];
const body = "x".repeat(Number(size));
const record: Record<string, string> = JSON.parse(headers);
const app = new Hono();
app.get("/", (c) => c.body(body, 200, record));

export default {
  fetch: app.fetch,
  onListen({ port }: Deno.NetAddr) {
    console.log(`Listening on http://127.0.0.1:${port}/`);
  },
};
