import type { Manifest } from "../../../shared/bundle.ts";
import type { BundleTraits } from "./store.ts";

/** What a bundle's manifest tells the store. */
export function traitsOf({ id, embedding, similarity }: Manifest): BundleTraits {
  return { id, dimensions: embedding.dimensions, copyThreshold: similarity.copyThreshold };
}
