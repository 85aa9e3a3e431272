import type { BundleTraits, CollectionSettings } from "./store.ts";

/**
 * Similarity from which on two pictures are copies in a collection under a bundle: the collection's own, or that of the
 * bundle which has the precision that was chosen. A later bundle may not reach it: then the highest that it has.
 */
export function copyThreshold(
  { threshold, precision }: Pick<CollectionSettings, "threshold" | "precision">,
  { thresholds = [], copyThreshold }: Pick<BundleTraits, "thresholds" | "copyThreshold">,
): number {
  if (threshold !== null) return threshold;
  if (precision === null) return copyThreshold;
  const chosen = thresholds.find((each) => each.precision >= precision) ?? thresholds.at(-1);
  return chosen?.threshold ?? copyThreshold;
}
