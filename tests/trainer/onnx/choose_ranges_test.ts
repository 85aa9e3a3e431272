import { assertEquals } from "@std/assert";
import { chooseRanges } from "../../../trainer/onnx/choose_ranges.ts";

const extremes = new Map([["x", { min: 0, max: 9 }]]), leastSquares = new Map([["x", { min: 0, max: 4 }]]);

/** What is chosen where the two rules reach these cosines, mean and worst. */
function chosen(whole: [number, number], cut: [number, number]) {
  return chooseRanges({ extremes, "least squares": leastSquares }, (ranges) => {
    const [mean, worst] = ranges === extremes ? whole : cut;
    return Promise.resolve({ mean, worst, firstPercentile: worst });
  });
}

Deno.test("chooseRanges() cuts outliers off when both the mean and the worst picture gain much", async () => {
  assertEquals(await chosen([0.99, 0.9], [0.995, 0.95]), leastSquares);
  assertEquals(await chosen([0.99, 0.9], [0.992, 0.95]), extremes);
  assertEquals(await chosen([0.99, 0.9], [0.995, 0.85]), extremes);
  assertEquals(await chosen([0.99, 0.9], [0.985, 0.95]), extremes);
});
