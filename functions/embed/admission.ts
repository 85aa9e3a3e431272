import type { MiddlewareHandler } from "hono";
import { QueueFullError, TooManyUploadsError } from "./request_errors.ts";

export interface AdmissionOptions {
  /** Most bytes that one body may have: what a body of unknown length is taken for. */
  maxBytes: number;
  /** Most bytes that all bodies under way may have. One alone is let in whatever its size. */
  maxUploadBytes: number;
  /** Whether no picture more may wait. */
  isFull(): boolean;
}

/**
 * Refuses an upload before any of it is read when there would be no room for it: so many uploads are slow, or so many
 * pictures wait.
 */
export function admission({ maxBytes, maxUploadBytes, isFull }: AdmissionOptions): MiddlewareHandler {
  let held = 0;
  return async function admission(c, next) {
    if (isFull()) {
      throw new QueueFullError(
        "Cannot embed now: there must be room in the queue: it is full; try again shortly",
      );
    }
    const length = Number(c.req.header("Content-Length") ?? maxBytes);
    const size = Number.isFinite(length) ? Math.min(length, maxBytes) : maxBytes;
    if (held > 0 && held + size > maxUploadBytes) {
      throw new TooManyUploadsError(
        `Cannot embed now: the uploads under way must have at most ${maxUploadBytes} bytes: with this one they would have ${
          held + size
        }; try again shortly`,
      );
    }
    held += size;
    try {
      await next();
    } finally {
      held -= size;
    }
  };
}
