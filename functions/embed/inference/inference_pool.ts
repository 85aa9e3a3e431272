import type { Bundle } from "../../../shared/bundle.ts";
import {
  DamagedImageError,
  ImageError,
  ImageTooLargeError,
  NotAnImageError,
  UnsupportedImageError,
} from "../../../shared/image/errors.ts";
import type { Log } from "../log.ts";
import { ThreadEndedError, type ThreadError, WorkerThread } from "../worker_thread.ts";
import { type Inference, InferenceFailedError, type Inferred } from "./inference.ts";
import type { InferenceRequest } from "./inference_worker.ts";

/** Opening takes a second; a machine with much else to do is given time. */
const OPEN_SECONDS = 60;

export interface PoolOptions {
  bundle: Bundle;
  /** How many workers, each with a session of its own. */
  workers: number;
  /** Most pixels that a picture's header may announce. */
  maxPixels: number;
  /** A worker that is at one picture for longer than this is replaced. */
  maxSeconds: number;
  /** A worker that is not open after this time is given up: a minute, if not told. */
  maxOpenSeconds?: number;
  log: Log;
}

/**
 * Starts workers that decode, preprocess and encode, and waits until each has embedded a picture. A worker that
 * traps, ends, hangs or runs out of memory takes one picture with it, and is replaced.
 *
 * @throws {Error} with the worker's own message if it cannot open the bundle
 */
export async function openInferencePool(options: PoolOptions): Promise<Inference> {
  const workers = Array.from({ length: options.workers }, () => new PoolWorker(options));
  const close = () => workers.forEach((worker) => worker.close());
  await Promise.all(workers.map((worker) => worker.open())).catch((error) => {
    close();
    throw error;
  });
  const idle = [...workers];
  return {
    slots: workers.length,
    /** @throws {ImageError | InferenceFailedError} */
    async infer(bytes) {
      const worker = idle.pop();
      if (!worker) throw new Error(`Cannot infer: at most ${workers.length} pictures at once: received more`);
      try {
        return await worker.infer(bytes);
      } finally {
        idle.push(worker);
      }
    },
    close,
  };
}

class PoolWorker {
  readonly #options: PoolOptions;
  #thread: WorkerThread | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the thread unless it is there. */
  open(): Promise<void> {
    return this.#opening ??= this.#start().catch((error) => {
      this.#drop();
      throw error;
    });
  }

  async infer(bytes: Uint8Array): Promise<Inferred> {
    const { maxSeconds, log } = this.#options;
    // What is part of a larger buffer must leave the rest of it here.
    const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    try {
      await this.open();
      return await this.#ask<Inferred>({ infer: own }, maxSeconds, [own.buffer as ArrayBuffer]);
    } catch (error) {
      if (error instanceof ImageError || this.#closed) throw error;
      log({ message: "An inference worker failed and is replaced", error });
      this.#drop();
      this.open().catch((error) => log({ message: "An inference worker cannot be replaced", error }));
      throw new InferenceFailedError("Cannot embed: the worker that had the picture failed", {
        cause: error,
      });
    }
  }

  close(): void {
    this.#closed = true;
    this.#thread?.terminate();
  }

  async #start(): Promise<void> {
    if (this.#closed) throw new ThreadEndedError("Cannot infer: the pool must be open: it was closed");
    const { bundle, maxPixels, maxOpenSeconds = OPEN_SECONDS } = this.#options;
    this.#thread = new WorkerThread(new URL("./inference_worker.ts", import.meta.url), revive);
    await this.#ask({ open: { bundle, maxPixels } }, maxOpenSeconds);
  }

  /** Ends the thread if it takes longer than it may. */
  async #ask<Result>(request: InferenceRequest, seconds: number, transfer?: ArrayBuffer[]): Promise<Result> {
    const thread = this.#thread!;
    const watchdog = setTimeout(() => thread.terminate(`it took longer than ${seconds} s`), seconds * 1000);
    try {
      return await thread.ask(request, transfer);
    } finally {
      clearTimeout(watchdog);
    }
  }

  #drop(): void {
    this.#thread?.terminate();
    this.#thread = undefined;
    this.#opening = undefined;
  }
}

/** The errors that are a picture's own fault. */
const IMAGE_ERRORS = [NotAnImageError, UnsupportedImageError, DamagedImageError, ImageTooLargeError];

function revive({ name, message }: ThreadError): Error {
  const ImageErrorClass = IMAGE_ERRORS.find((each) => each.name === name);
  return ImageErrorClass ? new ImageErrorClass(message) : Object.assign(new Error(message), { name });
}
