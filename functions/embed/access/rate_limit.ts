export interface RateLimit {
  /** Whether the request may be answered now. */
  allowed: boolean;
  /** Requests that may follow at once. */
  remaining: number;
  /** Until the request is allowed (if it was not), or until all are again. */
  seconds: number;
}

/** Callers that are remembered; whoever has been away longest is forgotten first. */
const MAX_CALLERS = 100_000;

/** Counts `count` requests of a caller who may send `perMinute`; those that are not allowed are not counted. */
type RateLimiter = (caller: string, perMinute: number, count?: number) => RateLimit;

/**
 * Counts the requests of each caller: `perMinute` at once, and then one for every `60 / perMinute` seconds that pass.
 * This is the generic cell rate algorithm (ITU-T I.371): one number per caller, the time at which the caller has
 * all requests again, so that nothing needs a timer and memory is bounded.
 *
 * @param now milliseconds that never run backwards
 */
export function createRateLimiter(now: () => number): RateLimiter {
  const fullAt = new Map<string, number>();
  return function take(caller, perMinute, count = 1) {
    const [time, interval] = [now(), 60_000 / perMinute];
    const spent = Math.max((fullAt.get(caller) ?? 0) - time, 0);
    const left = (used: number) => Math.floor((60_000 - used) / interval + 1e-6);
    const spending = spent + count * interval;
    // A thousandth of a millisecond is rounding.
    if (spending - 60_000 > 1e-3) {
      return { allowed: false, remaining: left(spent), seconds: (spending - 60_000) / 1000 };
    }
    // Set anew, so that the map is in order of last use.
    fullAt.delete(caller);
    fullAt.set(caller, time + spending);
    if (fullAt.size > MAX_CALLERS) fullAt.delete(fullAt.keys().next().value!);
    return { allowed: true, remaining: left(spending), seconds: spending / 1000 };
  };
}
