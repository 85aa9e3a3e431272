import type { Preprocessing } from "../../shared/bundle.ts";
import type { CacheMemory } from "./decoded_cache.ts";
import type { PictureSource } from "./picture_source.ts";
import type { ViewSource, ViewTask } from "./view_maker.ts";

/** What a decode worker is asked for. */
export type DecodeRequest =
  | { kind: "openViews"; source: ViewSource; cache?: CacheMemory }
  | { kind: "views" } & ViewTask
  | { kind: "openPictures"; pictures: PictureSource }
  | { kind: "pictures"; paths: string[]; preprocessing: Preprocessing };

/** One of the pictures asked for: [size, size, 3], uint8, or why there is none. */
export type DecodedPicture = { path: string; pixels: Uint8Array } | { path: string; reason: string };

/** What a decode worker answers, to one request after the other. */
export type DecodeAnswer = { result: unknown } | { error: string };

interface Job {
  request: DecodeRequest;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Threads that read and decode pictures, each at one request at a time. An error in one ends them all. */
export class DecodePool {
  #workers: Worker[];
  #idle: Worker[];
  #busy = new Map<Worker, Job>();
  #waiting: Job[] = [];
  #ended: Error | undefined;

  /** @throws {RangeError} without a worker */
  constructor(workers: number) {
    if (workers < 1) {
      throw new RangeError(`Cannot decode: at least one worker is required: received ${workers}`);
    }
    this.#workers = Array.from({ length: workers }, () => this.#start());
    this.#idle = [...this.#workers];
  }

  /** Sends one request to whichever worker is free first. */
  ask<Result>(request: DecodeRequest): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#waiting.push({ request, resolve: resolve as (result: unknown) => void, reject });
      this.#deal();
    });
  }

  /** Sends one request to every worker; to be done before anything else is asked. */
  async askAll(request: DecodeRequest): Promise<void> {
    await Promise.all(this.#workers.map(() => this.ask(request)));
  }

  /** Ends the threads; what was still asked for is rejected. */
  close(): void {
    this.#end(new Error("Cannot decode: an open pool of workers is required: it was closed"));
  }

  #start(): Worker {
    const worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<DecodeAnswer>) => {
      const job = this.#busy.get(worker);
      this.#busy.delete(worker);
      this.#idle.push(worker);
      if ("error" in data) job?.reject(new Error(data.error));
      else job?.resolve(data.result);
      this.#deal();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new Error(`A decode worker failed: ${event.message}`));
    };
    return worker;
  }

  #deal(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const worker = this.#idle.shift()!;
      const job = this.#waiting.shift()!;
      this.#busy.set(worker, job);
      worker.postMessage(job.request);
    }
  }

  #end(reason: Error): void {
    if (this.#ended) return;
    this.#ended = reason;
    for (const worker of this.#workers) worker.terminate();
    for (const job of [...this.#busy.values(), ...this.#waiting]) job.reject(reason);
    this.#busy.clear();
    this.#waiting = [];
  }
}
