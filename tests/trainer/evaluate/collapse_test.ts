import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  type CollapseIndicators,
  collapseIndicators,
  isCollapsed,
} from "../../../trainer/evaluate/collapse.ts";
import { EvaluationError } from "../../../trainer/evaluate/error.ts";
import type { Features } from "../../../trainer/evaluate/features.ts";
import { RandomStream } from "../../../trainer/data/random.ts";
import { golden, train } from "./golden.ts";

const DIMENSIONS = 16;

/** Features of which each is `centre` plus independent normal numbers in the first `varying` dimensions. */
function normal(count: number, centre: number, varying: number, deviation = 1): Features {
  const random = new RandomStream(1, 0, 0, "order");
  const one = () =>
    deviation * Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const values = Float32Array.from(
    { length: count * DIMENSIONS },
    (_, i) => centre + (i % DIMENSIONS < varying ? one() : 0),
  );
  return { values, dimensions: DIMENSIONS };
}

Deno.test("collapseIndicators() agrees with NumPy", () => {
  const indicators = collapseIndicators(train);
  for (const name of ["spread", "effectiveRank", "uniformity"] as const) {
    assertAlmostEquals(indicators[name] / golden.indicators[name], 1, 1e-5);
  }
});

Deno.test("collapseIndicators() has spread 1 and full rank when features point everywhere", () => {
  const indicators = collapseIndicators(normal(5000, 0, DIMENSIONS));
  assertEquals(indicators.pictures, 2048);
  assertEquals(indicators.rankLimit, DIMENSIONS);
  assertAlmostEquals(indicators.spread, 1, 0.02);
  assertAlmostEquals(indicators.effectiveRank, DIMENSIONS, 0.1);
  assert(indicators.uniformity < -3, String(indicators.uniformity));
  assert(!isCollapsed(indicators));
});

Deno.test("collapseIndicators() is 0 throughout when all features are one", () => {
  const indicators = collapseIndicators(normal(50, 0.3, 0));
  const { spread, effectiveRank, uniformity } = indicators;
  for (const zero of [spread, effectiveRank, uniformity]) assertAlmostEquals(zero, 0, 1e-6);
  assert(isCollapsed(indicators));
});

Deno.test("isCollapsed() is true when features barely leave one direction, or vary along a line", () => {
  const barely = collapseIndicators(normal(500, 1, DIMENSIONS, 0.01));
  assert(barely.spread < 0.05 && barely.effectiveRank > 10, JSON.stringify(barely));
  assert(isCollapsed(barely));
  const line = collapseIndicators(normal(500, 0.5, 1));
  assert(line.spread > 0.05 && line.effectiveRank < 2, JSON.stringify(line));
  assert(isCollapsed(line));
});

Deno.test("collapseIndicators() refuses when there is one picture", () => {
  assertThrows(() => collapseIndicators(normal(1, 0, DIMENSIONS)), EvaluationError, "received 1");
});

Deno.test("collapseIndicators() says the pictures' limit of the rank when they are few", () => {
  const indicators: CollapseIndicators = collapseIndicators(normal(5, 0, DIMENSIONS));
  assertEquals(indicators.rankLimit, 4);
  assert(indicators.effectiveRank <= 4 + 1e-9);
});
