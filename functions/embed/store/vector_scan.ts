import { dot } from "../../../shared/vector.ts";
import type { Neighbour } from "./database.ts";

/** Vectors of one block: 4 MB at 256 dimensions. */
const BLOCK = 4096;

/** Vectors in memory, all of which are compared with each query. */
export class VectorScan {
  readonly #dimensions: number;
  readonly #blocks: Float32Array[] = [];
  readonly #ids: number[] = [];

  /** Highest id that was added. */
  last = 0;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
  }

  /** @param id higher than all before it */
  add(id: number, vector: Float32Array): void {
    this.last = id;
    this.#set(this.#ids.length, vector);
    this.#ids.push(id);
  }

  /** Puts the last vector into the place of the one that goes. */
  delete(id: number): void {
    const place = this.#ids.indexOf(id);
    const last = this.#ids.length - 1;
    this.#set(place, this.#vector(last));
    this.#ids[place] = this.#ids[last]!;
    this.#ids.pop();
  }

  /** The vectors with the greatest dot products, at least `threshold`, the greatest first; of equal ones, by id. */
  nearest(query: Float32Array, k: number, threshold: number): Neighbour[] {
    const found: Neighbour[] = [];
    let least = threshold;
    for (let place = 0; place < this.#ids.length; place++) {
      const score = dot(query, this.#vector(place));
      if (score < least) continue;
      found.push({ content: this.#ids[place]!, score });
      if (found.length < 2 * k) continue;
      found.sort(byScore).length = k;
      least = found[k - 1]!.score;
    }
    return found.sort(byScore).slice(0, k);
  }

  #vector(place: number): Float32Array {
    const from = (place % BLOCK) * this.#dimensions;
    return this.#blocks[Math.floor(place / BLOCK)]!.subarray(from, from + this.#dimensions);
  }

  #set(place: number, vector: Float32Array): void {
    const block = Math.floor(place / BLOCK);
    if (block === this.#blocks.length) this.#blocks.push(new Float32Array(BLOCK * this.#dimensions));
    this.#blocks[block]!.set(vector, (place % BLOCK) * this.#dimensions);
  }
}

function byScore(a: Neighbour, b: Neighbour): number {
  return b.score - a.score || a.content - b.content;
}
