import type { Manifest } from "../../../shared/bundle.ts";
import type { BundleTraits } from "./store.ts";

/** What a bundle's manifest tells the store. */
export function traitsOf({ id, embedding, similarity }: Manifest): BundleTraits {
  const thresholds = similarity.copies?.thresholds.toSorted((a, b) => a.precision - b.precision);
  return {
    id,
    dimensions: embedding.dimensions,
    copyThreshold: similarity.copyThreshold,
    thresholds: thresholds?.map(({ precision, threshold }) => ({ precision, threshold })),
  };
}
