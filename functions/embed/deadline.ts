import type { MiddlewareHandler } from "hono";
import { raceAbort } from "./inference/waiting_line.ts";
import { DeadlineError, HungUpError } from "./request_errors.ts";

/**
 * Gives a request a signal, `c.get("signal")`, that is aborted with a {@linkcode DeadlineError} when the time is up, and with a
 * {@linkcode HungUpError} when the caller hangs up; whatever the handler is at then, that error is the answer.
 */
export function deadline(maxSeconds: number): MiddlewareHandler<{ Variables: { signal: AbortSignal } }> {
  return async function deadline(c, next) {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort(
        new DeadlineError(
          `Cannot embed: a request must be done within ${maxSeconds} s: it took longer`,
        ),
      );
    }, maxSeconds * 1000);
    const hangUp = () => {
      controller.abort(new HungUpError("Cannot answer: the caller must wait for the answer: it hung up"));
    };
    const caller = c.req.raw.signal;
    caller.addEventListener("abort", hangUp, { once: true });
    c.set("signal", controller.signal);
    try {
      await raceAbort(next(), controller.signal);
    } finally {
      clearTimeout(timer);
      caller.removeEventListener("abort", hangUp);
    }
  };
}
