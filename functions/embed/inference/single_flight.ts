import { raceAbort } from "./waiting_line.ts";

interface Flight<Result> {
  promise: Promise<Result>;
  controller: AbortController;
  /** Callers that have not been aborted. */
  waiting: number;
}

/**
 * Makes a function that runs one piece of work per key at a time: whoever asks for a key that is under way gets what
 * comes of that. The work is aborted when all who wait for it are; a caller's own signal lets go of that caller alone.
 * Nothing is kept once it settles, so a failure is not remembered either.
 */
export function singleFlight<Result>(): (
  key: string,
  work: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
) => Promise<Result> {
  const underWay = new Map<string, Flight<Result>>();

  const start = (key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> => {
    const controller = new AbortController();
    const flight: Flight<Result> = { promise: work(controller.signal), controller, waiting: 0 };
    underWay.set(key, flight);
    const end = () => {
      if (underWay.get(key) === flight) underWay.delete(key);
    };
    flight.promise.then(end, end);
    return flight;
  };

  return async function once(key, work, signal) {
    signal.throwIfAborted();
    const flight = underWay.get(key) ?? start(key, work);
    flight.waiting++;
    const leave = () => {
      if (--flight.waiting > 0) return;
      underWay.delete(key); // who comes now must not get what was given up
      flight.controller.abort(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await raceAbort(flight.promise, signal);
    } finally {
      signal.removeEventListener("abort", leave);
    }
  };
}
