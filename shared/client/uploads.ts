import { whenAllAborted } from "./abort.ts";
import type { EmbeddingAnswer } from "./answer.ts";
import type { BundleInfo } from "./bundle_info.ts";
import { type Embedding, readEmbedding } from "./embedding.ts";
import { EndpointError } from "./errors.ts";
import type { Requests } from "./requests.ts";
import type { Slots } from "./slots.ts";

export type Uploaded = Pick<Embedding, "vector" | "bundle" | "image" | "serverTiming" | "milliseconds">;

/** A picture that the cache does not have, and who waits for it. */
interface Miss {
  blob: Blob;
  signal: AbortSignal | undefined;
  resolve(uploaded: Uploaded): void;
  reject(error: unknown): void;
}

export interface UploadOptions {
  requests: Requests;
  slots: Slots;
  /** What the endpoint takes. */
  limits(): Promise<Pick<BundleInfo, "maxBatch" | "maxBytes">>;
  /** Most pictures in one upload. */
  batch: number;
}

/** Uploads pictures: those that wait for their turn go together. */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #misses: Miss[] = [];

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** Uploads a picture, alone or with others. */
  async upload(blob: Blob, signal: AbortSignal | undefined): Promise<Uploaded> {
    return await new Promise<Uploaded>((resolve, reject) => {
      this.#misses.push({ blob, signal, resolve, reject });
      this.#options.slots.run(() => this.#uploadMisses());
    });
  }

  /** Uploads as many waiting pictures as go into one request; none if others have taken them all. */
  async #uploadMisses(): Promise<void> {
    const { requests, limits, batch } = this.#options;
    const misses: Miss[] = [];
    const settled = new AbortController();
    try {
      const { maxBatch, maxBytes } = await limits();
      misses.push(...takeBatch(this.#misses, Math.min(batch, maxBatch), maxBytes));
      if (misses.length === 0) return;
      const started = performance.now();
      const form = new FormData();
      for (const { blob } of misses) form.append("file", blob);
      const body = misses.length === 1 ? misses[0]!.blob : form;
      const answer = await requests.ask<EmbeddingAnswer>("/v1/embeddings", {
        method: "POST",
        body,
        signal: whenAllAborted(misses.map(({ signal }) => signal), settled.signal),
      });
      const milliseconds = performance.now() - started;
      misses.forEach(({ resolve, reject }, i) => {
        const item = answer.body.data[i]!;
        if (item.error) reject(new EndpointError(item.error, answer));
        else resolve({ ...readEmbedding(answer, item), milliseconds });
      });
    } catch (error) {
      // Before any was taken, the failure is that of whoever waits longest.
      if (misses.length === 0) misses.push(...this.#misses.splice(0, 1));
      for (const { reject } of misses) reject(error);
    } finally {
      settled.abort();
    }
  }
}

/** Takes the pictures off the queue that go into one request. One alone goes whatever its size. */
function takeBatch(queue: Miss[], maxBatch: number, maxBytes: number): Miss[] {
  /** More than a form adds to a file. */
  const overhead = 1000;
  const batch: Miss[] = [];
  let bytes = 0;
  while (queue.length > 0 && batch.length < maxBatch) {
    const { blob, signal } = queue[0]!;
    bytes += blob.size + overhead;
    if (bytes > maxBytes && batch.length > 0) break;
    const miss = queue.shift()!;
    if (signal?.aborted) bytes -= blob.size + overhead;
    else batch.push(miss);
  }
  return batch;
}
