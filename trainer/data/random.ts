/** What a stream of random numbers is for: streams of different purposes are independent. */
export type Purpose = "order" | "query" | "key" | "start" | "shuffle" | "edit" | "collage";

const PURPOSES: Record<Purpose, number> = {
  order: 0,
  query: 1,
  key: 2,
  start: 3,
  shuffle: 4,
  edit: 5,
  collage: 6,
};

/**
 * Philox4x32 with ten rounds: 128 random bits as a pure function of a 128-bit counter and a 64-bit key, so that any place
 * of any epoch can be asked for without what came before it.
 *
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function philox(counter: readonly [number, number, number, number], key: readonly [number, number]) {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0), low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2), low1 = Math.imul(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0];
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0] as const;
}

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16, aLow = a & 0xffff, bHigh = b >>> 16, bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) | 0;
}

/** A stream of random numbers, a pure function of (seed, epoch, index, purpose): nothing of it needs to be saved. */
export class RandomStream {
  #key: [number, number];
  #epoch: number;
  #index: number;
  #block = 0;
  #left: number[] = [];

  constructor(seed: number, epoch: number, index: number, purpose: Purpose) {
    this.#key = [seed | 0, PURPOSES[purpose]];
    this.#epoch = epoch;
    this.#index = index;
  }

  /** The next number, uniform in [0, 1), of 32 random bits. */
  uniform(): number {
    if (this.#left.length === 0) {
      this.#left = [...philox([this.#block++, this.#index, this.#epoch, 0], this.#key)];
    }
    return this.#left.pop()! / 2 ** 32;
  }

  /** The next number, uniform in [from, to). */
  between(from: number, to: number): number {
    return from + (to - from) * this.uniform();
  }

  /** The next integer, uniform in 0..count - 1. */
  below(count: number): number {
    return Math.floor(count * this.uniform());
  }
}

/** The order in which an epoch visits its pictures: a shuffle of 0..count - 1. */
export function epochOrder(count: number, seed: number, epoch: number): Int32Array {
  return permutation(count, new RandomStream(seed, epoch, 0, "order"));
}

/** A shuffle of 0..count - 1 (Fisher and Yates). */
export function permutation(count: number, random: RandomStream): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
