import { assertEquals } from "@std/assert";
import { axisOver } from "../../../trainer/following/axis.ts";

const labels = (values: number[]) => {
  const { ticks, label } = axisOver(values, 4);
  return ticks.map(label);
};

Deno.test("axisOver() names round values from below the least to above the greatest", () => {
  assertEquals(labels([0.31, 2.7, 1]), ["0", "1", "2", "3"]);
  assertEquals(labels([0, 40]), ["0", "10", "20", "30", "40"]);
  assertEquals(labels([-3.9, -1.2]), ["-4", "-3", "-2", "-1"]);
  assertEquals(labels([2.51, 2.81]), ["2.5", "2.6", "2.7", "2.8", "2.9"]);
  assertEquals(labels([0, 3e-9]), ["0", "1e-9", "2e-9", "3e-9"]);
});

Deno.test("axisOver() tells small values apart", () => {
  assertEquals(labels([1.1e-6, 1.3e-6]), ["1.10e-6", "1.15e-6", "1.20e-6", "1.25e-6", "1.30e-6"]);
});

Deno.test("axisOver() makes room around a single value, and around values that are nearly one", () => {
  for (const value of [0, 0.5, -3, 1000]) {
    const { from, to } = axisOver([value, value * (1 + 1e-6)], 4);
    assertEquals([from < value, value < to], [true, true]);
  }
});
