import { QueueFullError } from "../request_errors.ts";

/** Runs at most `slots` pieces of work at once, first come, first served; at most `maxWaiting` more wait. */
export class WaitingLine {
  readonly #slots: number;
  readonly #maxWaiting: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(slots: number, maxWaiting: number) {
    this.#slots = slots;
    this.#maxWaiting = maxWaiting;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get full(): boolean {
    return this.#running >= this.#slots && this.#waiting.size >= this.#maxWaiting;
  }

  /**
   * Waits for its turn, then does the work. Aborted while it waits, it leaves the line; aborted while it works, the
   * caller is let go, and the slot is free once the work has ended.
   *
   * @throws {QueueFullError} at once if the line is full
   * @throws the signal's reason if it is aborted
   */
  async run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    if (this.full) {
      throw new QueueFullError(
        `Cannot embed now: at most ${this.#maxWaiting} pictures may wait: so many do; try again shortly`,
      );
    }
    if (this.#running >= this.#slots) await this.#turn(signal);
    else this.#running++;
    const result = Promise.try(work).finally(() => this.#next());
    return await raceAbort(result, signal);
  }

  /** Resolves when a slot was handed over. */
  #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#waiting.delete(enter);
      reject(signal.reason);
    };
    const enter = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    this.#waiting.add(enter);
    signal.addEventListener("abort", leave, { once: true });
    return promise;
  }

  /** Hands the slot to who waits longest. */
  #next(): void {
    const [first] = this.#waiting;
    if (!first) {
      this.#running--;
      return;
    }
    this.#waiting.delete(first);
    first();
  }
}

/** The promise's outcome, or the signal's reason if it is aborted before. */
export function raceAbort<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", abort));
}
