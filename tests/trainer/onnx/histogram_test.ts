import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Histogram } from "../../../trainer/onnx/histogram.ts";

Deno.test("Histogram.leastSquaresRange() keeps the extremes when values are spread evenly", () => {
  const histogram = new Histogram();
  histogram.add(Float32Array.from({ length: 10_000 }, (_, i) => -1 + i * 4e-4));
  const { min, max } = histogram.leastSquaresRange();
  assertAlmostEquals(min, -1, 0.03);
  assertAlmostEquals(max, 3, 0.06);
});

Deno.test("Histogram.extremes() gives the least and the largest of all values", () => {
  const histogram = new Histogram();
  histogram.add(Float32Array.of(0, 0.5));
  histogram.add(Float32Array.of(-2, 7));
  assertEquals(histogram.extremes(), { min: -2, max: 7 });
});

Deno.test("Histogram.leastSquaresRange() clips when one value is far from all others", () => {
  const histogram = new Histogram();
  histogram.add(Float32Array.from({ length: 1_000_000 }, (_, i) => (i % 1000) / 1000));
  histogram.add(Float32Array.of(2));
  const { max } = histogram.leastSquaresRange();
  assert(max < 1.5, `${max}`);
});

Deno.test("Histogram.leastSquaresRange() finds the same range when values come in another order", () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => Math.tan(i / 5000 * 1.5));
  const one = new Histogram(), other = new Histogram();
  one.add(values);
  for (const value of values.toReversed()) other.add(Float32Array.of(value));
  assertEquals(one.leastSquaresRange(), other.leastSquaresRange());
});

Deno.test("Histogram.leastSquaresRange() starts at zero when no value is negative", () => {
  const histogram = new Histogram();
  histogram.add(Float32Array.of(0, 0, 0.5, 7));
  assertEquals(histogram.leastSquaresRange().min, 0);
});

Deno.test("Histogram.leastSquaresRange() is empty when all values are zero", () => {
  const histogram = new Histogram();
  histogram.add(new Float32Array(10));
  const { min, max } = histogram.leastSquaresRange();
  assertEquals(max - min, 0);
});

Deno.test("Histogram.add() refuses values that are not finite", () => {
  assertThrows(() => new Histogram().add(Float32Array.of(1, Infinity)), RangeError, "finite");
  assertThrows(() => new Histogram().add(Float32Array.of(1, NaN)), RangeError, "finite");
});
