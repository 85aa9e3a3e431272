import { BATCH } from "./put_batch.ts";
import type { BundleTraits, PictureRecord, PutResult, Store } from "./store.ts";

interface Waiting {
  picture: PictureRecord;
  resolve: (result: PutResult | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * Puts pictures one by one, and those that come to a collection while others are being written in one go: many callers at
 * once take little longer than one.
 */
export class PutQueue {
  readonly #write: Store["putPictures"];
  readonly #queues = new Map<string, Waiting[]>();

  constructor(write: Store["putPictures"]) {
    this.#write = write;
  }

  put(bundle: BundleTraits, collection: string, picture: PictureRecord): Promise<PutResult | undefined> {
    const key = JSON.stringify([bundle.id, collection]);
    const waiting = this.#queues.get(key);
    const { promise, resolve, reject } = Promise.withResolvers<PutResult | undefined>();
    if (waiting) {
      waiting.push({ picture, resolve, reject });
    } else {
      const queue = [{ picture, resolve, reject }];
      this.#queues.set(key, queue);
      // Taken away as soon as it is empty: what came to it later would wait for ever.
      this.#drain(bundle, collection, queue, () => this.#queues.delete(key));
    }
    return promise;
  }

  /** Never rejects. */
  async #drain(
    bundle: BundleTraits,
    collection: string,
    queue: Waiting[],
    whenEmpty: () => void,
  ): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH);
      const failure = await this.#attempt(bundle, collection, batch);
      if (failure === undefined) continue;
      if (batch.length === 1) {
        batch[0]!.reject(failure.error);
        continue;
      }
      // What fails for one picture is no reason to refuse the others.
      for (const each of batch) {
        const own = await this.#attempt(bundle, collection, [each]);
        if (own) each.reject(own.error);
      }
    }
    whenEmpty();
  }

  async #attempt(
    bundle: BundleTraits,
    collection: string,
    batch: Waiting[],
  ): Promise<{ error: unknown } | undefined> {
    try {
      const results = await this.#write(bundle, collection, batch.map(({ picture }) => picture));
      batch.forEach(({ resolve }, i) => resolve(results[i]));
    } catch (error) {
      return { error };
    }
  }
}
