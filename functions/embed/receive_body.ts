import type { MiddlewareHandler } from "hono";
import { setMetric } from "hono/timing";
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
 * Reads the whole body, `c.get("body")`, chunk by chunk into room of its announced length: `Request.arrayBuffer()` of Deno
 * 2.9 leaves the process with five times the memory when large bodies come one after another.
 */
export function receiveBody(maxBytes: number): MiddlewareHandler {
  const refuse = () => {
    throw new BodyTooLargeError(`Cannot embed: the body must have at most ${maxBytes} bytes: received more`);
  };
  return async function receiveBody(c, next) {
    const start = performance.now();
    const announced = Number(c.req.header("Content-Length") ?? UNKNOWN_LENGTH);
    if (announced > maxBytes && c.req.header("Content-Length") !== undefined) refuse();
    let room = new Uint8Array(Math.min(announced, maxBytes));
    let length = 0;
    for await (const chunk of c.req.raw.body ?? []) {
      const end = length + chunk.length;
      if (end > maxBytes) refuse();
      if (end > room.length) room = resize(room, Math.min(Math.max(end, 2 * room.length), maxBytes));
      room.set(chunk, length);
      length = end;
    }
    c.set("body", length === room.length ? room : resize(room, length));
    setMetric(c, "receive", performance.now() - start);
    await next();
  };
}

function resize({ buffer }: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer.transfer(length));
}
