import { delay } from "@std/async/delay";
import { StoppingError } from "./request_errors.ts";

/** Signals that ask a process to stop; Windows knows SIGINT only. */
export const STOP_SIGNALS: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/**
 * What the launcher sends in place of these: on SIGTERM and SIGINT Deno itself closes the listener and cuts off the bodies
 * that are being read.
 */
export const DRAIN_SIGNAL: Deno.Signal = Deno.build.os === "windows" ? "SIGINT" : "SIGUSR2";

/** Longest time from a signal to the end. */
const GRACE_SECONDS = 5;
/** Of that, what is left for closing. */
const CLOSING_SECONDS = 0.5;
/** An answer that the handler has given is on its way for a moment more. */
const SENDING_SECONDS = 0.05;

export interface Draining {
  /** Whether the process is about to end. */
  readonly stopping: boolean;
  /** Throws once the process is about to end; counts the request until the function that it gives is called. */
  begin(): () => void;
}

/** @returns the error of a request that is refused, or cut off, because the process is about to end */
export function stoppingError(): StoppingError {
  return new StoppingError("Cannot answer: the server must not be about to end: it is; ask again");
}

/**
 * `deno serve` gives no handle of its server that could be closed: from a signal to stop on, requests are refused, those
 * under way are waited for, and then the process ends with success; after five seconds at the latest.
 *
 * @param close closes what is open
 */
export function drainOnSignals(close: () => Promise<void>): Draining {
  let running = 0;
  let stopping = false;
  const { promise: idle, resolve: becomeIdle } = Promise.withResolvers<void>();

  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => Deno.exit(0), GRACE_SECONDS * 1000);
    if (running > 0) {
      await Promise.race([idle, delay((GRACE_SECONDS - CLOSING_SECONDS) * 1000)]);
      await delay(SENDING_SECONDS * 1000);
    }
    await close();
    Deno.exit(0);
  };
  for (const signal of new Set([...STOP_SIGNALS, DRAIN_SIGNAL])) Deno.addSignalListener(signal, stop);

  return {
    get stopping() {
      return stopping;
    },
    begin() {
      if (stopping) throw stoppingError();
      running++;
      return () => {
        if (--running === 0 && stopping) becomeIdle();
      };
    },
  };
}

/** Ends the process: an error that says what to do about it in a sentence needs no stack. */
export function exitWithMessage(error: Error): never {
  console.error(error.message);
  Deno.exit(1);
}
