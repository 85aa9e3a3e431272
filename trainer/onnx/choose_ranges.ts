import type { RangeRule } from "./calibrate.ts";
import type { Agreement } from "./compare.ts";
import type { Range } from "./histogram.ts";

/**
 * Chooses the ranges that embeddings lose least with. Least squares are taken only where both the mean and the worst
 * picture gain: to cut outliers off gives the other values a finer step, at the cost of the few pictures that have them.
 *
 * @param judge how near int8 embeddings are to the float ones with given ranges
 */
export async function chooseRanges(
  candidates: Record<RangeRule, Map<string, Range>>,
  judge: (ranges: Map<string, Range>) => Promise<Agreement["centredCosine"]>,
): Promise<Map<string, Range>> {
  const { extremes, "least squares": leastSquares } = candidates;
  const whole = await judge(extremes), cut = await judge(leastSquares);
  return cut.mean > whole.mean && cut.worst > whole.worst ? leastSquares : extremes;
}
