import type { Embedding } from "./embedding.ts";
import { similarity } from "./similarity.ts";

/**
 * Groups of copies: two pictures are in one group if their similarity is above the threshold, or if a chain of such
 * pairs leads from one to the other. Every picture is in one group, most of them alone.
 *
 * @returns indices of `embeddings`: groups in the order of their first picture
 */
export function groupCopies(embeddings: Embedding[], copyThreshold: number): number[][] {
  const groups: number[][] = [];
  embeddings.forEach((embedding, i) => {
    const near = (j: number) => similarity(embedding, embeddings[j]!) > copyThreshold;
    const joined = groups.filter((group) => group.some(near));
    const apart = groups.filter((group) => !joined.includes(group));
    groups.splice(0, Infinity, ...apart, [...joined.flat(), i].sort((a, b) => a - b));
  });
  return groups.sort(([a], [b]) => a! - b!);
}
