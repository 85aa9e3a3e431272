import { assertAlmostEquals, assertEquals } from "@std/assert";
import { rank } from "../../../../trainer/evaluate/copy/ranking.ts";

Deno.test("rank() has scikit-learn's average precision when no scores are equal", () => {
  const { microAP } = rank(Float32Array.of(0.9, 0.3, 0.55, 0.8), Float32Array.of(0.5, 0.85, 0.2, 0.1, 0.6));
  assertAlmostEquals(microAP, 0.7095238095238094, 1e-12); // sklearn.metrics.average_precision_score
});

Deno.test("rank() puts those that are no copies first when scores are equal", () => {
  assertEquals(rank(Float32Array.of(0.5), Float32Array.of(0.5, 0.5)).microAP, 1 / 3);
  assertEquals(rank(new Float32Array(10), new Float32Array(90)).at90, { threshold: Infinity, recall: 0 });
});

Deno.test("rank() gives the lowest threshold at which the precision is still reached", () => {
  // 50 copies, one other, 49 copies, then others: precision 99 / 100 at the last copy.
  const copies = Float32Array.from({ length: 99 }, (_, i) => i < 50 ? 2 - i / 100 : 1 - i / 100);
  const others = Float32Array.of(1.25, 0, 0, 0, -1);
  const { at90, at99 } = rank(copies, others);
  assertEquals(at99, { threshold: copies[98]!, recall: 1 });
  assertEquals(at90, at99);
  // With another one in between, 99 % holds up to the first of them only.
  const { at99: stricter } = rank(copies, Float32Array.of(1.25, 1.2));
  assertEquals(stricter, { threshold: copies[49]!, recall: 50 / 99 });
});
