import { dot } from "../../../shared/vector.ts";
import type { BenchRows } from "./bench_rows.ts";

/** For each query, the score of its k-th nearest among the first `count` rows: all are compared, in float64. */
export function exactScores(rows: BenchRows, count: number, queries: Float32Array[], k: number): number[] {
  const best = queries.map(() => [] as number[]);
  for (let row = 0; row < count; row++) {
    const { vector } = rows.read(row);
    for (const [i, query] of queries.entries()) {
      const score = dot(query, vector);
      const scores = best[i]!;
      if (scores.length === k && score <= scores[k - 1]!) continue;
      scores.push(score);
      scores.sort((a, b) => b - a).splice(k);
    }
  }
  return best.map((scores) => scores[k - 1]!);
}
