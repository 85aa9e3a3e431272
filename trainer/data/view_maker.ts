import type { Pixels } from "../../shared/image/pixels.ts";
import { type CacheMemory, DecodedCache } from "./decoded_cache.ts";
import type { PictureSet } from "./picture_set.ts";
import { openPictures, type PictureSource } from "./picture_source.ts";
import { RandomStream } from "./random.ts";
import { readPicture } from "./read_picture.ts";
import { collagePartner, coverOf, type ViewPipeline, viewPipeline, type Views } from "./views.ts";

/** What batches of views are made of; plain data, which goes to workers. */
export interface ViewSource {
  /** A folder's path, or what `findPictures` found. */
  pictures: PictureSource;
  /** The pictures to make views of. */
  paths: string[];
  /** Side of a view in pixels. */
  size: number;
  /** Pictures in a batch. */
  batch: number;
  seed: number;
  views: Views;
  /** Those of the keys, where they are others. */
  keyViews?: Views;
}

/** Some of a batch's pictures, to be made by one worker. */
export interface ViewTask {
  epoch: number;
  tasks: { row: number; place: number; index: number }[];
  /** [batch, size, size, 3], uint8: all of the batch, of which the task's rows are written. */
  query: SharedArrayBuffer;
  key: SharedArrayBuffer;
}

/** A picture that could not be read, and why. */
export interface Unreadable {
  row: number;
  index: number;
  reason: string;
}

/** Makes views in a worker: each a pure function of the source, the epoch and the picture's place in it. */
export class ViewMaker {
  #source: ViewSource;
  #set: PictureSet;
  #pipelines: Record<"query" | "key", ViewPipeline>;
  #cache: DecodedCache | undefined;

  private constructor(
    source: ViewSource,
    set: PictureSet,
    pipelines: Record<"query" | "key", ViewPipeline>,
    cache?: DecodedCache,
  ) {
    this.#source = source;
    this.#set = set;
    this.#pipelines = pipelines;
    this.#cache = cache;
  }

  /** @throws {UserModuleError} if a user's data set or pipeline cannot be imported */
  static async open(source: ViewSource, cache: CacheMemory | undefined): Promise<ViewMaker> {
    const set = await openPictures(source.pictures);
    const query = await viewPipeline(source.views);
    const key = source.keyViews ? await viewPipeline(source.keyViews) : query;
    return new ViewMaker(source, set, { query, key }, cache && new DecodedCache(cache));
  }

  /** Writes both views of each picture into the batch; gives those that could not be read. */
  async make({ epoch, tasks, query, key }: ViewTask): Promise<Unreadable[]> {
    const { size, seed } = this.#source;
    const bytes = size * size * 3;
    const unreadable: Unreadable[] = [];
    for (const { row, place, index } of tasks) {
      const read = await this.#read(index);
      if ("reason" in read) {
        unreadable.push({ row, index, reason: read.reason });
        continue;
      }
      const write = (batch: SharedArrayBuffer, purpose: "query" | "key", other?: Pixels) => {
        const random = new RandomStream(seed, epoch, place, purpose);
        const view = this.#pipelines[purpose](read.pixels, size, random, other);
        if (view.length !== bytes) {
          throw new RangeError(
            `Cannot take a view: ${size} x ${size} x 3 bytes are required: received ${view.length}`,
          );
        }
        new Uint8Array(batch, row * bytes, bytes).set(view);
      };
      write(query, "query", await this.#beside(epoch, place));
      write(key, "key");
    }
    return unreadable;
  }

  /** What lies beside a picture if its query is a collage; one that cannot be read lies beside none. */
  async #beside(epoch: number, place: number): Promise<Pixels | undefined> {
    const { seed, views, paths } = this.#source;
    const partner = collagePartner(views, paths.length, new RandomStream(seed, epoch, place, "collage"));
    if (partner === undefined) return undefined;
    const read = await this.#read(partner);
    return "pixels" in read ? read.pixels : undefined;
  }

  async #read(index: number) {
    const kept = this.#cache?.get(index);
    if (kept) return { pixels: kept };
    const { paths, size, views, keyViews = views } = this.#source;
    const read = await readPicture(this.#set, paths[index]!, coverOf([views, keyViews], size));
    if ("pixels" in read) this.#cache?.put(index, read.pixels);
    return read;
  }
}
