/** The promise, or a rejection as soon as the signal is aborted. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (!signal) return await promise;
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason);
    if (signal.aborted) fail();
    signal.addEventListener("abort", fail, { signal: settled.signal });
  });
  return await Promise.race([promise, aborted]).finally(() => settled.abort());
}

/** A signal that is aborted once all of these are, listening until `settled`; none if one of them is missing. */
export function whenAllAborted(
  signals: (AbortSignal | undefined)[],
  settled: AbortSignal,
): AbortSignal | undefined {
  if (signals.includes(undefined)) return undefined;
  const controller = new AbortController();
  const abort = () => signals.every((signal) => signal!.aborted) && controller.abort(signals[0]!.reason);
  for (const signal of signals) signal!.addEventListener("abort", abort, { signal: settled });
  return controller.signal;
}

/** Waits, or rejects as soon as the signal is aborted. */
export async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const slept = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  await unlessAborted(signal, slept).finally(() => clearTimeout(timer));
}
