import type { Preprocessing } from "../../shared/bundle.ts";
import { allocateCache } from "./decoded_cache.ts";
import { type DecodedPicture, DecodePool } from "./decode_pool.ts";
import { describeSource, type PictureSource } from "./picture_source.ts";
import { epochOrder } from "./random.ts";
import type { Unreadable, ViewSource, ViewTask } from "./view_maker.ts";

/** Where in training a batch lies: both count from 0. */
export interface BatchPlace {
  epoch: number;
  batch: number;
}

/** Two views of each picture of a batch. */
export interface ViewBatch extends BatchPlace {
  /** [batch, size, size, 3], uint8. */
  query: Uint8Array;
  /** [batch, size, size, 3], uint8. */
  key: Uint8Array;
  /** For each row of the batch, the picture: an index into the source's `paths`. */
  indices: Int32Array;
}

interface LoaderOptions {
  /** Threads that read, decode and make views. */
  workers: number;
  /** How much memory decoded pictures may take; none are kept without it. */
  cacheMegabytes?: number;
}

/** Too few pictures can be read to train on them. */
export class UnreadableError extends Error {
  override name = "UnreadableError";
}

/** Batches that are made ahead of the one in use. */
const AHEAD = 2;

/** Memory of one batch's two views. */
type Slot = Pick<ViewTask, "query" | "key">;

/**
 * Yields batches of two views per picture, made ahead in worker threads, each batch by all of them. A batch depends on
 * the source and its place alone, whatever the number of workers, their timing and the cache, so training resumes at
 * any batch with nothing but its place: pictures come in the epoch's shuffled order, and those that cannot be read are
 * replaced by the next in that order after the batch.
 */
export class ViewLoader {
  /** Whole batches in an epoch: the pictures that would not fill one more are left out of that epoch. */
  readonly batchesPerEpoch: number;
  #source: ViewSource;
  #workers: number;
  #pool: DecodePool;
  #opened: Promise<void>;
  #epoch = -1;
  #order: Int32Array = new Int32Array();
  #skipped = new Map<string, string>();

  /** @throws {RangeError} if there are fewer pictures than a batch has, no worker, or too little memory for the cache */
  constructor(source: ViewSource, { workers, cacheMegabytes }: LoaderOptions) {
    const { paths, batch } = source;
    if (paths.length < batch) {
      throw new RangeError(
        `Cannot make batches of ${batch}: at least as many pictures are required: received ${paths.length}`,
      );
    }
    this.batchesPerEpoch = Math.floor(paths.length / batch);
    this.#source = source;
    this.#workers = workers;
    this.#pool = new DecodePool(workers);
    const cache = cacheMegabytes ? allocateCache(paths.length, cacheMegabytes) : undefined;
    this.#opened = this.#pool.askAll({ kind: "openViews", source, cache });
    this.#opened.catch(() => {}); // told by batches()
  }

  /** Files that were passed over so far, each with the reason. */
  get skipped(): ReadonlyMap<string, string> {
    return this.#skipped;
  }

  /**
   * Every batch from the given one on, epoch after epoch, without end. A batch's views hold until the next is asked for:
   * then their memory is used again.
   */
  async *batches(from: BatchPlace): AsyncGenerator<ViewBatch, never> {
    await this.#opened;
    const bytes = this.#source.batch * this.#source.size ** 2 * 3;
    const free: Slot[] = Array.from(
      { length: AHEAD + 1 },
      () => ({ query: new SharedArrayBuffer(bytes), key: new SharedArrayBuffer(bytes) }),
    );
    const asked: { slot: Slot; batch: Promise<ViewBatch> }[] = [];
    let next = from;
    for (;;) {
      for (let slot = free.pop(); slot; slot = free.pop()) {
        const batch = this.#make(next, slot);
        batch.catch(() => {}); // told when its turn comes
        asked.push({ slot, batch });
        next = next.batch + 1 < this.batchesPerEpoch
          ? { epoch: next.epoch, batch: next.batch + 1 }
          : { epoch: next.epoch + 1, batch: 0 };
      }
      const { slot, batch } = asked.shift()!;
      yield await batch;
      free.push(slot);
    }
  }

  /** Ends the workers. */
  close(): void {
    this.#pool.close();
  }

  async #make({ epoch, batch: number }: BatchPlace, { query, key }: Slot): Promise<ViewBatch> {
    const { pictures, paths, batch } = this.#source;
    if (epoch !== this.#epoch) {
      this.#order = epochOrder(paths.length, this.#source.seed, epoch);
      this.#epoch = epoch;
    }
    const order = this.#order;
    const first = number * batch;
    const indices = order.slice(first, first + batch);
    const { known = [], tasks = [] } = Object.groupBy(
      Array.from(indices, (index, row) => ({ row, place: first + row, index })),
      ({ index }) => this.#skipped.has(paths[index]!) ? "known" : "tasks",
    );
    const missing = [...known, ...await this.#ask({ epoch, tasks, query, key })];
    let spare = first + batch;
    for (const { row } of missing.sort((a, b) => a.row - b.row)) {
      for (let filled = false; !filled; spare++) {
        if (spare >= first + paths.length) {
          const [path, reason] = [...this.#skipped][0]!;
          throw new UnreadableError(
            `Cannot fill a batch: ${batch} readable pictures are required: received ` +
              `${paths.length - this.#skipped.size} in ${describeSource(pictures)} (${path}: ${reason})`,
          );
        }
        const index = order[spare % paths.length]!;
        if (this.#skipped.has(paths[index]!)) continue;
        indices[row] = index;
        const task = { row, place: first + row, index };
        filled = (await this.#ask({ epoch, tasks: [task], query, key })).length === 0;
      }
    }
    return { epoch, batch: number, query: new Uint8Array(query), key: new Uint8Array(key), indices };
  }

  /** Deals the tasks out to all workers; gives, and notes, what they could not read. */
  async #ask({ tasks, ...batch }: ViewTask): Promise<Unreadable[]> {
    const share = Math.ceil(tasks.length / this.#workers);
    const asked: Promise<Unreadable[]>[] = [];
    for (let from = 0; from < tasks.length; from += share) {
      asked.push(
        this.#pool.ask<Unreadable[]>({ kind: "views", ...batch, tasks: tasks.slice(from, from + share) }),
      );
    }
    const unreadable = (await Promise.all(asked)).flat();
    for (const { index, reason } of unreadable) this.#skipped.set(this.#source.paths[index]!, reason);
    return unreadable;
  }
}

/** Pictures that one request to a worker is for. */
const CHUNK = 16;

/**
 * Yields whole pictures, squeezed as the encoder sees them, in the order of `paths`, decoded in worker threads. A file
 * that cannot be read is told to `onSkip` and left out.
 *
 * @param pictures a folder's path, or what `findPictures` found
 * @param paths those to load
 * @returns `pixels` is [size, size, 3], uint8
 */
export async function* loadPictures(
  pictures: PictureSource,
  paths: string[],
  preprocessing: Preprocessing,
  workers: number,
  onSkip: (path: string, reason: string) => void = () => {},
): AsyncGenerator<{ path: string; pixels: Uint8Array }, void> {
  const pool = new DecodePool(workers);
  try {
    await pool.askAll({ kind: "openPictures", pictures });
    const asked: Promise<DecodedPicture[]>[] = [];
    for (let from = 0; from < paths.length || asked.length > 0;) {
      while (from < paths.length && asked.length <= workers) {
        const chunk = pool.ask<DecodedPicture[]>({
          kind: "pictures",
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
