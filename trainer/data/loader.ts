import type { Preprocessing } from "../../shared/bundle.ts";
import { type DecodedPicture, DecodePool } from "./decode_pool.ts";
import type { Views, ViewSource } from "./views.ts";

/** Where in training a batch lies: both count from 0. */
export interface BatchPlace {
  epoch: number;
  batch: number;
}

export type ViewBatch = Omit<Views, "skipped"> & BatchPlace;

/**
 * Yields batches of two views per picture, made ahead in worker threads. A batch depends on the source and its place
 * alone, whatever the number of workers and their timing, so training resumes at any batch with nothing but its place.
 */
export class ViewLoader {
  /** Whole batches in an epoch: the pictures that would not fill one more are left out of that epoch. */
  readonly batchesPerEpoch: number;
  #pool: DecodePool;
  #opened: Promise<void>;
  #ahead: number;
  #skipped = new Map<string, string>();

  /**
   * @param workers threads, each of which makes one batch at a time
   * @throws {RangeError} if there are fewer pictures than a batch has
   */
  constructor(source: ViewSource, workers: number) {
    const { paths, batch } = source;
    if (paths.length < batch) {
      throw new RangeError(
        `Cannot make batches of ${batch}: at least as many pictures are required: received ${paths.length}`,
      );
    }
    this.batchesPerEpoch = Math.floor(paths.length / batch);
    this.#pool = new DecodePool(workers);
    this.#opened = this.#pool.askAll({ kind: "open", source });
    this.#opened.catch(() => {}); // told by batches()
    this.#ahead = workers + 1;
  }

  /** Files that were passed over so far, each with the reason. */
  get skipped(): ReadonlyMap<string, string> {
    return this.#skipped;
  }

  /** Every batch from the given one on, epoch after epoch, without end; at most `workers + 1` are made ahead. */
  async *batches(from: BatchPlace): AsyncGenerator<ViewBatch, never> {
    await this.#opened;
    const asked: { place: BatchPlace; views: Promise<Views> }[] = [];
    let next = from;
    for (;;) {
      while (asked.length <= this.#ahead) {
        const views = this.#pool.ask<Views>({ kind: "views", ...next });
        views.catch(() => {}); // told when its turn comes
        asked.push({ place: next, views });
        next = next.batch + 1 < this.batchesPerEpoch
          ? { epoch: next.epoch, batch: next.batch + 1 }
          : { epoch: next.epoch + 1, batch: 0 };
      }
      const { place, views } = asked.shift()!;
      const { skipped, ...batch } = await views;
      for (const { path, reason } of skipped) this.#skipped.set(path, reason);
      yield { ...batch, ...place };
    }
  }

  /** Ends the workers. */
  close(): void {
    this.#pool.close();
  }
}

/** Pictures that one request to a worker is for. */
const CHUNK = 16;

/**
 * Yields whole pictures, squeezed as the encoder sees them, in the order of `paths`, decoded in worker threads. A file
 * that cannot be read is told to `onSkip` and left out.
 *
 * @param paths relative to `dir`
 * @returns `pixels` is [size, size, 3], uint8
 */
export async function* loadPictures(
  dir: string,
  paths: string[],
  preprocessing: Preprocessing,
  workers: number,
  onSkip: (path: string, reason: string) => void = () => {},
): AsyncGenerator<{ path: string; pixels: Uint8Array }, void> {
  const pool = new DecodePool(workers);
  try {
    const asked: Promise<DecodedPicture[]>[] = [];
    for (let from = 0; from < paths.length || asked.length > 0;) {
      while (from < paths.length && asked.length <= workers) {
        const chunk = pool.ask<DecodedPicture[]>({
          kind: "pictures",
          dir,
          paths: paths.slice(from, from + CHUNK),
          preprocessing,
        });
        chunk.catch(() => {}); // told when its turn comes
        asked.push(chunk);
        from += CHUNK;
      }
      for (const picture of await asked.shift()!) {
        if ("pixels" in picture) yield picture;
        else onSkip(picture.path, picture.reason);
      }
    }
  } finally {
    pool.close();
  }
}
