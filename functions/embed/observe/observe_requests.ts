import { trace } from "@opentelemetry/api";
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Log, LogLevel } from "../log.ts";
import type { Metrics } from "./metrics.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Of an answer that is an error. */
    errorCode: string;
    /** Of the pictures that failed in an answer that is none. */
    pictureErrorCodes: string[];
    /** What the answer says in X-Cache. */
    cache: string;
  }
}

/** Asked every few seconds by machines; nobody wants to read that they answered. */
const PROBES = new Set(["/healthz", "/readyz", "/metrics"]);

/** Callers can send any word as a method: those that are not HTTP's own are counted together. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const OTHER_METHOD = "other";

/** Stands for the route of a request that has none, by its path and method. */
const NO_ROUTE = "none";

export interface ObserveOptions {
  metrics: Metrics;
  log: Log;
}

/**
 * Logs and counts every request, and names its span, where Deno's OpenTelemetry makes one, after the route. What is
 * told of a request are the route's pattern, sizes, times, codes and names of keys: no path, no address, no content.
 */
export function observeRequests({ metrics, log }: ObserveOptions): MiddlewareHandler {
  return async function observed(c, next) {
    const start = performance.now();
    metrics.requestsInFlight.inc();
    await next();
    metrics.requestsInFlight.dec();
    const ms = performance.now() - start;
    const method = METHODS.has(c.req.method) ? c.req.method : OTHER_METHOD;
    const [{ status }, route, code] = [c.res, patternOf(c), c.get("errorCode")];

    metrics.requests.inc({ method, route, status });
    metrics.requestSeconds.observe({ method, route }, ms / 1000);
    const failed = c.get("pictureErrorCodes") ?? [];
    for (const each of code === undefined ? failed : [code]) metrics.errors.inc({ code: each });
    if (route !== NO_ROUTE) {
      trace.getActiveSpan()?.updateName(`${method} ${route}`).setAttribute("http.route", route);
    }
    log({
      level: levelOf(status, route),
      message: "request",
      requestId: c.get("requestId"),
      facts: {
        method,
        route,
        status,
        code,
        ms: Math.round(ms * 100) / 100,
        bytes: Number(c.req.header("Content-Length")) || undefined,
        key: c.get("keyName"),
        failed: failed.length || undefined,
        cache: c.get("cache"),
      },
    });
  };
}

/** The pattern of the route that answered. Middleware is for all methods. */
function patternOf(c: Context): string {
  return matchedRoutes(c).findLast(({ method }) => method !== "ALL")?.path ?? NO_ROUTE;
}

function levelOf(status: number, route: string): LogLevel {
  if (status === 500) return "error";
  if (status > 500) return "warn";
  return PROBES.has(route) ? "debug" : "info";
}
