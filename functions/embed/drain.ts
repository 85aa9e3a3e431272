import type { MiddlewareHandler } from "hono";
import type { Draining } from "./stop.ts";

/** Refuses requests once the process is about to end, and counts those that are under way before. */
export function drain(draining: Draining | undefined): MiddlewareHandler {
  return async function drain(_, next) {
    const end = draining?.begin();
    try {
      await next();
    } finally {
      end?.();
    }
  };
}
