/**
 * Makes a function that runs one piece of work per key at a time: whoever asks for a key that is under way gets the
 * promise that is there. Nothing is kept once it settles, so a failure is not remembered either.
 */
export function singleFlight<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>();
  return function once(key, work) {
    const present = underWay.get(key);
    if (present) return present;
    const promise = work().finally(() => underWay.delete(key));
    underWay.set(key, promise);
    return promise;
  };
}
