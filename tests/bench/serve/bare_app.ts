import { Hono } from "hono";

/** What a cached answer is compared with: one route of Hono's that sends a text of the same size. */
const body = "x".repeat(Number(Deno.args[0]));
const app = new Hono();
app.get("/", (c) => c.body(body, 200, { "Content-Type": "application/json" }));

export default {
  fetch: app.fetch,
  onListen({ port }: Deno.NetAddr) {
    console.log(`Listening on http://127.0.0.1:${port}/`);
  },
};
