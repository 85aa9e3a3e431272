import type { Pixels } from "../../shared/image/pixels.ts";

/** The memory of a cache, which goes to workers. */
export interface CacheMemory {
  /** Int32: the next free unit of `pixels`; then, for each picture, its first unit (0: none), width and height. */
  table: SharedArrayBuffer;
  pixels: SharedArrayBuffer;
}

/** Pictures begin at multiples of this many bytes, so that 32-bit numbers reach 32 GB. */
const UNIT = 16;

/**
 * Memory for decoded pictures within a budget, to be shared by all workers. The system gives it when it is written to.
 *
 * @param pictures how many there are
 * @param megabytes how much their pixels may take, 3 bytes each
 * @throws {RangeError} if the system does not give that much
 */
export function allocateCache(pictures: number, megabytes: number): CacheMemory {
  const table = new SharedArrayBuffer((1 + 3 * pictures) * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(table)[0] = 1;
  try {
    return { table, pixels: new SharedArrayBuffer(Math.floor(megabytes * 1e6) + UNIT) };
  } catch (cause) {
    throw new RangeError(
      `Cannot keep decoded pictures: a cache that fits into memory is required: received ${megabytes} MB`,
      { cause },
    );
  }
}

/**
 * Decoded pictures, by index. What comes first stays: an epoch visits each picture once, so nothing is gained by
 * dropping one for another.
 */
export class DecodedCache {
  #table: Int32Array;
  #pixels: SharedArrayBuffer;

  constructor({ table, pixels }: CacheMemory) {
    this.#table = new Int32Array(table);
    this.#pixels = pixels;
  }

  get(index: number): Pixels | undefined {
    const entry = 1 + 3 * index;
    const unit = Atomics.load(this.#table, entry);
    if (unit === 0) return undefined;
    const width = this.#table[entry + 1]!, height = this.#table[entry + 2]!;
    return { width, height, data: new Uint8Array(this.#pixels, unit * UNIT, width * height * 3) };
  }

  /** Keeps a picture, if there is room left. */
  put(index: number, { width, height, data }: Pixels): void {
    const units = Math.ceil(data.length / UNIT);
    let unit = Atomics.load(this.#table, 0);
    for (;;) {
      if ((unit + units) * UNIT > this.#pixels.byteLength) return;
      const found = Atomics.compareExchange(this.#table, 0, unit, unit + units);
      if (found === unit) break;
      unit = found;
    }
    new Uint8Array(this.#pixels, unit * UNIT, data.length).set(data);
    const entry = 1 + 3 * index;
    this.#table[entry + 1] = width;
    this.#table[entry + 2] = height;
    Atomics.store(this.#table, entry, unit); // from here on the others see it
  }
}
