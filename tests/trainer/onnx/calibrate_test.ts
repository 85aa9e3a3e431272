import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { calibrate } from "../../../trainer/onnx/calibrate.ts";
import type { Graph } from "../../../trainer/onnx/model.ts";
import { conv, relu } from "../../../trainer/onnx/operators.ts";
import { floats } from "./run_graph.ts";

/** Negates the first of three channels, and clips it at zero. */
const graph: Graph = {
  inputs: [{ name: "input", shape: ["N", 3, 1, 1] }],
  outputs: [{ name: "y" }],
  initializers: new Map([["w", floats([1, 3, 1, 1], -1, 0, 0)], ["b", floats([1], 0)]]),
  nodes: [conv("input", "w", "b", "c", { kernel: 1, stride: 1, padding: 0 }), relu("c", "y")],
};

async function* pictures(...firsts: number[]): AsyncGenerator<Float32Array> {
  for (const first of firsts) yield Float32Array.of(first, 0, 0);
}

Deno.test("calibrate() gives the range of the input and of a computed activation over all pictures", async () => {
  const { ranges: { extremes, "least squares": ranges }, pictures: count } = await calibrate(
    graph,
    ["input", "y"],
    pictures(-3, 1, 2),
    1,
  );
  assertEquals(count, 3);
  assertEquals(extremes, new Map([["input", { min: -3, max: 2 }], ["y", { min: 0, max: 3 }]]));
  assertAlmostEquals(ranges.get("input")!.min, -3, 0.1);
  assertAlmostEquals(ranges.get("input")!.max, 2, 0.1);
  assertEquals(ranges.get("y")!.min, 0);
  assertAlmostEquals(ranges.get("y")!.max, 3, 0.1);
});

Deno.test("calibrate() refuses when there are no pictures, or a value is not finite", async () => {
  await assertRejects(() => calibrate(graph, ["y"], pictures(), 1), RangeError, "received 0");
  await assertRejects(() => calibrate(graph, ["y"], pictures(NaN), 1), RangeError, "finite");
});
