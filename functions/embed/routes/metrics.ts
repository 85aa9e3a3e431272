import type { Context } from "hono";
import type { Registry } from "prom-client";

/** `GET /metrics`: what Prometheus collects. */
export function getMetrics(registry: Registry) {
  return async function metrics(c: Context): Promise<Response> {
    const text = await registry.metrics();
    return c.body(text, 200, { "Content-Type": registry.contentType, "Cache-Control": "no-store" });
  };
}
