import { Histogram, type Range } from "./histogram.ts";
import type { Graph } from "./model.ts";
import { openSession } from "./session.ts";

/** How an activation's range follows from its values: from the least to the largest, or with the least squared error. */
export type RangeRule = "extremes" | "least squares";

/**
 * Runs a float graph over pictures and finds the range that each activation's int8 levels should cover, by either rule.
 * One picture's activations are in memory at a time.
 *
 * @param tensors names of the activations (see `activations`)
 * @param inputs normalised pictures, each [1, 3, size, size]
 * @param size the picture's side in pixels
 * @throws {RangeError} if there are no pictures, or an activation is not finite
 */
export async function calibrate(
  graph: Graph,
  tensors: string[],
  inputs: AsyncIterable<Float32Array>,
  size: number,
): Promise<{ ranges: Record<RangeRule, Map<string, Range>>; pictures: number }> {
  const histograms = new Map(tensors.map((name) => [name, new Histogram()]));
  const inputNames = new Set(graph.inputs.map(({ name }) => name));
  const observed = tensors.filter((name) => !inputNames.has(name)).map((name) => ({ name }));
  const session = await openSession({ ...graph, outputs: observed }, size);
  let pictures = 0;
  for await (const input of inputs) {
    for (const name of inputNames) histograms.get(name)?.add(input);
    for (const [name, values] of await session.run(input)) histograms.get(name)!.add(values);
    pictures++;
  }
  await session.release();
  if (pictures === 0) throw new RangeError("Cannot calibrate: at least one picture is required: received 0");
  const rangesBy = (rule: (histogram: Histogram) => Range) =>
    new Map(Array.from(histograms, ([name, histogram]) => [name, rule(histogram)]));
  return {
    ranges: {
      "extremes": rangesBy((histogram) => histogram.extremes()),
      "least squares": rangesBy((histogram) => histogram.leastSquaresRange()),
    },
    pictures,
  };
}
