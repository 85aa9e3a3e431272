/** How well scores tell copies from other pairs. */
export interface Ranking {
  /**
   * Micro average precision over all pairs of a query and an original (DISC21, Douze et al., 2021): the mean, over all
   * copies, of the precision at their score.
   */
  microAP: number;
  at90: OperatingPoint;
  at99: OperatingPoint;
  at999: OperatingPoint;
}

/** The lowest threshold at which the precision is still reached. */
export interface OperatingPoint {
  /** Infinite where no threshold reaches it. */
  threshold: number;
  /** Share of the copies with that score or a higher one. */
  recall: number;
}

/**
 * Ranks pairs by their scores. Of equal scores those that are no copies come first: the worst case.
 *
 * @param copies scores of pairs that are copies; at least one
 * @param others scores of all other pairs
 */
export function rank(copies: Float32Array, others: Float32Array): Ranking {
  const right = copies.toSorted().reverse();
  const wrong = others.toSorted().reverse();
  const points = { at90: none(), at99: none(), at999: none() };
  let sum = 0, above = 0;
  for (let i = 0; i < right.length; i++) {
    const threshold = right[i]!;
    while (above < wrong.length && wrong[above]! >= threshold) above++;
    const precision = (i + 1) / (i + 1 + above);
    sum += precision;
    const recall = (i + 1) / right.length;
    if (precision >= 0.9) points.at90 = { threshold, recall };
    if (precision >= 0.99) points.at99 = { threshold, recall };
    if (precision >= 0.999) points.at999 = { threshold, recall };
  }
  return { microAP: sum / right.length, ...points };
}

function none(): OperatingPoint {
  return { threshold: Infinity, recall: 0 };
}
