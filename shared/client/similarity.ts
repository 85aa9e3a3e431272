import type { Embedding } from "./embedding.ts";

/**
 * How alike two pictures are: the cosine of their vectors, 1 for the same picture. Above the bundle's `copyThreshold`
 * one is most likely a copy of the other.
 *
 * @throws {TypeError} if the vectors are of two bundles
 */
export function similarity(a: Embedding, b: Embedding): number {
  if (a.bundle !== b.bundle) {
    throw new TypeError(
      `Cannot compare embeddings: both must be of one bundle: received ${a.bundle} and ${b.bundle}`,
    );
  }
  return a.vector.reduce((sum, value, i) => sum + value * b.vector[i]!, 0);
}
