/** Where an axis begins and ends, and the values that it names. */
export interface Axis {
  from: number;
  to: number;
  ticks: number[];
  /** How a tick is written: no more decimals than the step between two needs. */
  label(tick: number): string;
}

/** Values that differ by less, relatively, are drawn as one: the axis could not tell them apart in a few digits. */
const LEAST_RANGE = 1e-3;

/**
 * An axis over the values, from tick to tick, at multiples of 1, 2 or 5 times a power of ten.
 *
 * @param most parts between two ticks, about
 */
export function axisOver(values: number[], most: number): Axis {
  let from = Infinity, to = -Infinity;
  for (const value of values) {
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
  if (to - from <= LEAST_RANGE * Math.max(Math.abs(from), Math.abs(to))) {
    const around = Math.abs(from) / 2 || 1;
    from -= around;
    to += around;
  }
  const step = roundStep((to - from) / most);
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    from: first * step,
    to: last * step,
    ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step),
    label: (tick) => decimals <= 6 ? tick.toFixed(decimals) : exponential(tick, step),
  };
}

/** With the digits in which multiples of `step` differ. */
function exponential(tick: number, step: number): string {
  if (tick === 0) return "0";
  const exponent = (value: number) => Math.floor(Math.log10(value) + 1e-9);
  return tick.toExponential(Math.max(0, exponent(Math.abs(tick)) - exponent(step)));
}

/** The least of 1, 2, 5 times a power of ten that is not below `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((times) => times * power >= least * (1 - 1e-9))!;
}
