/** What a {@linkcode WorkerThread} sends and gets; its other end is `answer_requests.ts`. */
export interface ThreadRequest {
  id: number;
  request: unknown;
}
export type ThreadAnswer = { id: number; result: unknown } | { id: number; error: ThreadError };

/** An error without its class, which does not survive the way between threads. */
export interface ThreadError {
  name: string;
  message: string;
}

interface Asked {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A worker ended by itself or was ended, with requests unanswered. */
export class ThreadEndedError extends Error {
  override name = "ThreadEndedError";
}

/** A Web Worker that answers requests. Once it has failed or was ended, every request is rejected. */
export class WorkerThread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #revive: (error: ThreadError) => Error;
  #last = 0;
  #ended: ThreadEndedError | undefined;

  /** @param revive makes an error of the right class from one that the worker reports */
  constructor(module: URL, revive: (error: ThreadError) => Error) {
    this.#revive = revive;
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => this.#settle(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(event.message);
    };
  }

  /** @param transfer buffers of the request that the worker gets as they are, and this thread has no more */
  ask<Result>(request: unknown, transfer: ArrayBuffer[] = []): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const id = ++this.#last;
      this.#worker.postMessage({ id, request } satisfies ThreadRequest, transfer);
      this.#asked.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Ends the thread, whatever it is doing. */
  terminate(reason = "it was ended"): void {
    this.#end(reason);
  }

  #settle(answer: ThreadAnswer): void {
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if ("error" in answer) asked?.reject(this.#revive(answer.error));
    else asked?.resolve(answer.result);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = new ThreadEndedError(`Cannot ask the worker: it must be running: ${reason}`);
    this.#worker.terminate();
    for (const { reject } of this.#asked.values()) reject(this.#ended);
    this.#asked.clear();
  }
}
