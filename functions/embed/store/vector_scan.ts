/** Vectors that are compared with all queries before the next ones are: they stay in the processor's cache. */
const BLOCK = 512;
/** Most queries at once. */
const QUERIES = 64;
const PAGE = 65_536;
/** Unit vectors are kept as int16: 1 is this. */
const SCALE = 32_767;

/** Vectors of which the parts lie between each other, so that they are read in one go (scan.wat). */
const TOGETHER = 4;
/** Bytes of a vector that lie side by side. */
const PART = 16;

/** What scan.wat has; all but the counts are places in its memory. */
type Dots = (
  a: number,
  b: number,
  vectors: number,
  fours: number,
  bytes: number,
  outA: number,
  outB: number,
) => void;

const kernel = new WebAssembly.Module(Deno.readFileSync(new URL("./scan.wasm", import.meta.url)));

/** What is looked for near a vector. */
export interface ScanQuery {
  /** Least dot product. */
  threshold: number;
  /** How many of the nearest; all if undefined. */
  k?: number;
}

/**
 * Unit vectors in memory, 2 bytes a dimension, all of which are compared with each query. Dot products of the rounded
 * vectors differ from those of the vectors themselves by less than `margin`, so what is found is somewhat more than
 * asked for, and never less.
 */
export class VectorScan {
  /** Of a vector, padded to two SIMD registers, which the kernel takes at once. */
  readonly #bytes: number;
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: PAGE });
  readonly #dots: Dots;
  readonly #vectors: number;
  readonly #ids: number[] = [];

  /** Most that a dot product is off: both vectors were rounded, by half a step in each dimension. */
  readonly margin: number;
  /** Highest id that was added. */
  last = 0;

  constructor(dimensions: number) {
    this.#bytes = Math.ceil(dimensions / 16) * 2 * PART;
    this.margin = (Math.sqrt(dimensions) + dimensions / SCALE / 4) / SCALE;
    this.#vectors = QUERIES * this.#bytes + 2 * BLOCK * 4;
    const instance = new WebAssembly.Instance(kernel, { scan: { memory: this.#memory } });
    this.#dots = instance.exports["dots"] as Dots;
  }

  /**
   * @param id higher than all before it
   * @throws {RangeError} if there is no more room: the memory of all vectors is 4 GiB at most
   */
  add(id: number, vector: Float32Array): void {
    const end = this.#vectors + Math.ceil((this.#ids.length + 1) / TOGETHER) * TOGETHER * this.#bytes;
    const missing = Math.ceil((end - this.#memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.#memory.grow(missing);
    this.last = id;
    this.#write(this.#place(this.#ids.length), vector, TOGETHER);
    this.#ids.push(id);
  }

  /** Puts the last vector into the place of the one that goes. */
  delete(id: number): void {
    const place = this.#ids.indexOf(id);
    if (place < 0) return;
    const [to, last] = [this.#place(place), this.#place(this.#ids.length - 1)];
    const memory = new Uint8Array(this.#memory.buffer);
    for (let part = 0; part < TOGETHER * this.#bytes; part += TOGETHER * PART) {
      memory.copyWithin(to + part, last + part, last + part + PART);
    }
    this.#ids[place] = this.#ids.at(-1)!;
    this.#ids.pop();
  }

  /** For each query, ids of all vectors that may be among its nearest, the nearest first as far as that can be told. */
  near(queries: Float32Array[], { threshold, k = Infinity }: ScanQuery): number[][] {
    const found: number[][] = [];
    for (let from = 0; from < queries.length; from += QUERIES) {
      found.push(...this.#near(queries.slice(from, from + QUERIES), threshold, k));
    }
    return found;
  }

  #near(queries: Float32Array[], threshold: number, k: number): number[][] {
    const unit = SCALE ** 2;
    const slack = 2 * this.margin * unit;
    const found = queries.map(() => new Candidates((threshold - this.margin) * unit, k, slack));
    queries.forEach((query, i) => this.#write(i * this.#bytes, query, 1));
    const outs = [0, 1].map((i) => QUERIES * this.#bytes + i * BLOCK * 4);
    const dots = outs.map((out) => new Int32Array(this.#memory.buffer, out, BLOCK));
    for (let from = 0; from < this.#ids.length; from += BLOCK) {
      const count = Math.min(BLOCK, this.#ids.length - from);
      const fours = Math.ceil(count / TOGETHER);
      for (let i = 0; i < queries.length; i += 2) {
        // Of an odd number of queries, the last goes with itself.
        const [a, b] = [i, Math.min(i + 1, queries.length - 1)];
        this.#dots(
          a * this.#bytes,
          b * this.#bytes,
          this.#place(from),
          fours,
          this.#bytes,
          outs[0]!,
          outs[1]!,
        );
        found[a]!.add(dots[0]!, count, from);
        if (b > a) found[b]!.add(dots[1]!, count, from);
      }
    }
    return found.map((candidates) => candidates.places().map((place) => this.#ids[place]!));
  }

  /** Where a vector begins. */
  #place(index: number): number {
    const among = index % TOGETHER;
    return this.#vectors + (index - among) * this.#bytes + among * PART;
  }

  /** @param apart how many vectors lie between each other */
  #write(at: number, vector: Float32Array, apart: number): void {
    const rounded = new Int16Array(this.#memory.buffer, at, (this.#bytes - PART) * apart / 2 + PART / 2);
    const perPart = PART / 2;
    for (let i = 0; i < vector.length; i++) {
      const among = i % perPart;
      rounded[(i - among) * apart + among] = Math.round(vector[i]! * SCALE);
    }
  }
}

/** The best so far, and all that may be as good as the last of them. */
class Candidates {
  #least: number;
  readonly #k: number;
  readonly #slack: number;
  #found: { place: number; dot: number }[] = [];
  #room: number;

  constructor(least: number, k: number, slack: number) {
    this.#least = least;
    this.#k = k;
    this.#slack = slack;
    this.#room = 4 * k;
  }

  add(dots: Int32Array, count: number, from: number): void {
    for (let i = 0; i < count; i++) {
      if (dots[i]! >= this.#least) this.#found.push({ place: from + i, dot: dots[i]! });
    }
    if (this.#found.length < this.#room) return;
    this.#cut();
    this.#room = this.#found.length + 4 * this.#k;
  }

  places(): number[] {
    this.#cut();
    return this.#found.map(({ place }) => place);
  }

  #cut(): void {
    this.#found.sort((a, b) => b.dot - a.dot);
    const last = this.#found[this.#k - 1];
    if (!last) return;
    this.#least = Math.max(this.#least, last.dot - this.#slack);
    const end = this.#found.findIndex(({ dot }) => dot < this.#least);
    if (end >= 0) this.#found.length = end;
  }
}
