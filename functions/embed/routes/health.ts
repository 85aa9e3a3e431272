import type { Context } from "hono";
import type { Serving } from "../takeover/serving.ts";

/** `GET /healthz`: the process answers; touches neither the encoder nor the store. */
export function getHealth(serving: Pick<Serving, "current">) {
  return function health(c: Context): Response {
    return c.json({ status: "ok", bundle: serving.current.manifest.id }, 200, {
      "Cache-Control": "no-store",
    });
  };
}
