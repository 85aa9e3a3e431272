import { countOf, type Features, normalizeFeatures } from "../evaluate/features.ts";

/** A picture near another. */
export interface Neighbour {
  /** Row of the features. */
  row: number;
  /** Cosine, -1..1. */
  similarity: number;
}

/** The `count` rows that are most like the given one, without it, the most alike first. */
export function nearestNeighbours(features: Features, row: number, count: number): Neighbour[] {
  const { values, dimensions } = normalizeFeatures(features);
  const vector = (at: number) => values.subarray(at * dimensions, (at + 1) * dimensions);
  const query = vector(row);
  return Array.from({ length: countOf(features) }, (_, other): Neighbour => {
    const similarity = vector(other).reduce((sum, value, d) => sum + value * query[d]!, 0);
    return { row: other, similarity };
  })
    .filter((neighbour) => neighbour.row !== row)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, count);
}
