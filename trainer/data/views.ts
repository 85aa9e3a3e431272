import { cropView } from "./geometry.ts";
import { changePhotometry } from "./photometric.ts";
import { epochOrder, type Purpose, RandomStream } from "./random.ts";
import { readPicture } from "./read_picture.ts";
import type { ViewRecipe } from "./recipe.ts";

/** What the views are made of. */
export interface ViewSource {
  dir: string;
  /** Relative to `dir`. */
  paths: string[];
  /** Side of a view in pixels. */
  size: number;
  /** Pictures in a batch. */
  batch: number;
  seed: number;
  views: ViewRecipe;
}

/** A file that was passed over, and why. */
export interface Skipped {
  path: string;
  reason: string;
}

/** Two views of each picture of a batch. */
export interface Views {
  /** [batch, size, size, 3], uint8. */
  query: Uint8Array<ArrayBuffer>;
  /** [batch, size, size, 3], uint8. */
  key: Uint8Array<ArrayBuffer>;
  /** For each place of the batch, the picture: an index into the source's `paths`. */
  indices: Int32Array<ArrayBuffer>;
  /** Files that were found unreadable while making this batch. */
  skipped: Skipped[];
}

/**
 * Makes batches of views. A batch is a pure function of the source, the epoch and the batch's number: pictures come in the
 * epoch's shuffled order, and one that cannot be read is replaced by the next in that order after the batch.
 */
export class ViewMaker {
  #source: ViewSource;
  #epoch = -1;
  #order: Int32Array = new Int32Array();
  #unreadable = new Set<number>();

  constructor(source: ViewSource) {
    this.#source = source;
  }

  /** @throws {Error} if there are too few readable pictures to fill the batch */
  async make(epoch: number, number: number): Promise<Views> {
    const { paths, size, batch, seed } = this.#source;
    const { cropScale, photometric } = this.#source.views;
    if (epoch !== this.#epoch) {
      this.#order = epochOrder(paths.length, seed, epoch);
      this.#epoch = epoch;
    }
    const bytes = size * size * 3;
    const query = new Uint8Array(batch * bytes);
    const key = new Uint8Array(batch * bytes);
    const indices = new Int32Array(batch);
    const skipped: Skipped[] = [];
    const first = number * batch;
    let spare = first + batch;
    for (let place = 0; place < batch; place++) {
      let index = this.#order[first + place]!;
      let pixels = await this.#read(index, skipped);
      while (!pixels) {
        if (spare === first + paths.length) {
          throw new Error(
            `Cannot fill a batch: ${batch} readable pictures are required: received ${place} in ${this.#source.dir}`,
          );
        }
        index = this.#order[spare++ % paths.length]!;
        pixels = await this.#read(index, skipped);
      }
      const view = (purpose: Purpose) => {
        const random = new RandomStream(seed, epoch, first + place, purpose);
        const data = cropView(pixels, size, cropScale, random);
        changePhotometry(data, size, photometric, () => random.uniform());
        return data;
      };
      query.set(view("query"), place * bytes);
      key.set(view("key"), place * bytes);
      indices[place] = index;
    }
    return { query, key, indices, skipped };
  }

  async #read(index: number, skipped: Skipped[]) {
    if (this.#unreadable.has(index)) return undefined;
    const { dir, paths, size, views } = this.#source;
    const path = paths[index]!;
    // So that the smallest crop still has about as many pixels as the view.
    const read = await readPicture(dir, path, Math.ceil(size / Math.sqrt(views.cropScale[0])));
    if ("pixels" in read) return read.pixels;
    this.#unreadable.add(index);
    skipped.push({ path, reason: read.reason });
    return undefined;
  }
}
