import type { RangeRule } from "./calibrate.ts";
import type { Agreement } from "./compare.ts";
import type { Range } from "./histogram.ts";

/** The share of what is lost with the extremes that may be lost at most with least squares to take them. */
const MOST_LOST = 3 / 4;

/**
 * Chooses the ranges that embeddings lose least with. Least squares are taken only where both the mean and the worst
 * picture gain much: to cut outliers off gives the other values a finer step, at the cost of the few pictures that have
 * them, which may be none of those that are judged by.
 *
 * @param judge how near int8 embeddings are to the float ones with given ranges
 */
export async function chooseRanges(
  candidates: Record<RangeRule, Map<string, Range>>,
  judge: (ranges: Map<string, Range>) => Promise<Agreement["centredCosine"]>,
): Promise<Map<string, Range>> {
  const { extremes, "least squares": leastSquares } = candidates;
  const whole = await judge(extremes), cut = await judge(leastSquares);
  const gains = (["mean", "worst"] as const).every((of) => 1 - cut[of] < MOST_LOST * (1 - whole[of]));
  return gains ? leastSquares : extremes;
}
