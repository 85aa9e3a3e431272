/** The interval of values that an activation's 256 levels cover; it contains zero. */
export interface Range {
  min: number;
  max: number;
}

const BINS = 2048; // on each side of zero; 8 for every one of the levels

/**
 * The distribution of one tensor's values in bounded memory: bins of equal width on both sides of zero, whose width
 * doubles (neighbours merge) whenever a value falls outside. One pass is enough, and the order does not matter
 * but for the last bin's edge.
 */
export class Histogram {
  min = 0;
  max = 0;
  readonly #positive = new Float64Array(BINS);
  readonly #negative = new Float64Array(BINS);
  #width = 2 ** -40;

  /** @throws {RangeError} if a value is not finite */
  add(values: Float32Array): void {
    let { min, max } = this;
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      if (x > max) max = x;
      if (x < min) min = x;
    }
    if (!Number.isFinite(max - min)) refuse(max === Infinity ? max : min);
    this.min = min;
    this.max = max;
    while (Math.max(max, -min) >= BINS * this.#width) this.#widen();
    const perWidth = 1 / this.#width;
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      // Exact zeros are left out: every range represents them without error.
      if (x > 0) this.#positive[x * perWidth | 0]! += 1;
      else if (x < 0) this.#negative[-x * perWidth | 0]! += 1;
      else if (x !== 0) refuse(x);
    }
  }

  /** The range of all values seen. */
  extremes(): Range {
    return { min: this.min, max: this.max };
  }

  /**
   * The range whose 256 levels have the least mean squared error over the values seen: narrower than the extremes
   * when clipping a few costs less than the finer step gains for the others.
   */
  leastSquaresRange(): Range {
    const above = tails(this.#positive, this.#width);
    const below = tails(this.#negative, this.#width);
    const count = above.count + below.count;
    let best = this.extremes();
    let least = Infinity;
    for (const max of candidates(this.max)) {
      for (const min of candidates(-this.min)) {
        const step = (max + min) / 255;
        const error = count * step ** 2 / 12 + above.clipping(max) + below.clipping(min);
        if (error < least) [least, best] = [error, { min: -min, max }];
      }
    }
    return best;
  }

  #widen(): void {
    for (const bins of [this.#positive, this.#negative]) {
      for (let i = 0; i < BINS / 2; i++) bins[i] = bins[2 * i]! + bins[2 * i + 1]!;
      bins.fill(0, BINS / 2);
    }
    this.#width *= 2;
  }
}

function refuse(value: number): never {
  throw new RangeError(`Cannot calibrate: finite activations are required: received ${value}`);
}

/** From the extreme itself down to a fifth of it. */
function candidates(extreme: number): number[] {
  return extreme === 0 ? [0] : Array.from({ length: 81 }, (_, i) => extreme * (1 - i / 100));
}

/** Sums over the bins beyond a limit, so that each candidate's clipping error costs a look-up. */
function tails(bins: Float64Array, width: number) {
  const s0 = new Float64Array(BINS + 1), s1 = new Float64Array(BINS + 1), s2 = new Float64Array(BINS + 1);
  for (let i = BINS - 1; i >= 0; i--) {
    const x = (i + 0.5) * width;
    s0[i] = s0[i + 1]! + bins[i]!;
    s1[i] = s1[i + 1]! + bins[i]! * x;
    s2[i] = s2[i + 1]! + bins[i]! * x * x;
  }
  return {
    count: s0[0]!,
    /** The sum of (x - limit)^2 over the values x beyond the limit. */
    clipping(limit: number): number {
      const i = Math.min(BINS, Math.ceil(limit / width));
      return s2[i]! - 2 * limit * s1[i]! + limit ** 2 * s0[i]!;
    },
  };
}
