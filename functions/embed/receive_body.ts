import type { MiddlewareHandler } from "hono";
import { setMetric } from "hono/timing";
import { readStream } from "./read_stream.ts";
import { BodyTooLargeError } from "./request_errors.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** The body of an upload. */
    body: Uint8Array<ArrayBuffer>;
  }
}

/** Room for a body of unknown length, to begin with. */
const UNKNOWN_LENGTH = 64 * 1024;

/**
 * Reads the whole body, `c.get("body")`. `Request.arrayBuffer()` of Deno 2.9 leaves the process with five times the memory
 * when large bodies come one after another.
 */
export function receiveBody(maxBytes: number): MiddlewareHandler {
  return async function receiveBody(c, next) {
    const start = performance.now();
    const announced = Number(c.req.header("Content-Length") ?? UNKNOWN_LENGTH);
    const isTooLarge = announced > maxBytes && c.req.header("Content-Length") !== undefined;
    const { body } = c.req.raw;
    const received = isTooLarge
      ? undefined
      : body
      ? await readStream(body, announced, maxBytes)
      : new Uint8Array();
    if (!received) {
      throw new BodyTooLargeError(
        `Cannot embed: the body must have at most ${maxBytes} bytes: received more`,
      );
    }
    c.set("body", received);
    setMetric(c, "receive", performance.now() - start);
    await next();
  };
}
