import type { Context } from "hono";

/** `GET /healthz`: the process answers; touches neither the encoder nor the store. */
export function getHealth(bundleId: string) {
  return function health(c: Context): Response {
    return c.json({ status: "ok", bundle: bundleId }, 200, { "Cache-Control": "no-store" });
  };
}
