export interface RateLimit {
  /** Whether the request may be answered now. */
  allowed: boolean;
  /** Requests that may follow at once. */
  remaining: number;
  /** Until one more request is allowed (if this one was not), or until all are again. */
  seconds: number;
}

/** Callers that are remembered; whoever has been away longest is forgotten first. */
const MAX_CALLERS = 100_000;

/**
 * Counts the requests of each caller: `perMinute` at once, and then one for every `60 / perMinute` seconds that pass.
 * This is the generic cell rate algorithm (ITU-T I.371): one number per caller, the time at which the caller has
 * all requests again, so that nothing needs a timer and memory is bounded.
 *
 * @param now milliseconds that never run backwards
 */
export function createRateLimiter(now: () => number): (caller: string, perMinute: number) => RateLimit {
  const fullAt = new Map<string, number>();
  return function takeOne(caller, perMinute) {
    const [time, interval] = [now(), 60_000 / perMinute];
    const next = Math.max(fullAt.get(caller) ?? 0, time) + interval;
    const excess = next - time - 60_000;
    // A thousandth of a millisecond is rounding.
    if (excess > 1e-3) return { allowed: false, remaining: 0, seconds: excess / 1000 };
    // Set anew, so that the map is in order of last use.
    fullAt.delete(caller);
    fullAt.set(caller, next);
    if (fullAt.size > MAX_CALLERS) fullAt.delete(fullAt.keys().next().value!);
    return { allowed: true, remaining: Math.floor(-excess / interval + 1e-6), seconds: (next - time) / 1000 };
  };
}
