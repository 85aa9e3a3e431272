import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { layOut } from "../../../trainer/moco/architecture.ts";
import { calibrate } from "../../../trainer/onnx/calibrate.ts";
import { channelStatistics } from "../../../trainer/onnx/channel_statistics.ts";
import { equalize } from "../../../trainer/onnx/equalize.ts";
import { floatGraph } from "../../../trainer/onnx/float_graph.ts";
import { foldBatchNorms } from "../../../trainer/onnx/fold.ts";
import type { Graph } from "../../../trainer/onnx/model.ts";
import { conv, relu } from "../../../trainer/onnx/operators.ts";
import { activations, quantize } from "../../../trainer/onnx/quantize.ts";
import { references } from "./reference.ts";
import { floats, runGraph } from "./run_graph.ts";

const pixel = { kernel: 1, stride: 1, padding: 0 };

/** Its first layer's channels are 100 and 1 times red; the second takes the difference of the second channel and red. */
const uneven: Graph = {
  inputs: [{ name: "input", shape: ["N", 3, 1, 1] }],
  outputs: [{ name: "y" }],
  initializers: new Map([
    ["w", floats([2, 3, 1, 1], 100, 0, 0, 1, 0, 0)],
    ["b", floats([2], 0, 0)],
    ["v", floats([1, 2, 1, 1], 0, 1)],
    ["c", floats([1], 0)],
  ]),
  nodes: [conv("input", "w", "b", "x", pixel), relu("x", "z"), conv("z", "v", "c", "y", pixel)],
};
const reds = Array.from({ length: 101 }, (_, i) => Float32Array.of(i / 100, 0, 0));

Deno.test("channelStatistics() gives each channel's largest magnitude and mean over all pictures and places", async () => {
  const graph = {
    ...uneven,
    initializers: new Map([...uneven.initializers, ["b", floats([2], 0, -3)]]),
  };
  const pictures = [Float32Array.of(1, 3, 0, 0, 0, 0), Float32Array.of(0, 0, 2, 2, 0, 0)];
  const statistics = await channelStatistics(
    { ...graph, inputs: [{ name: "input", shape: ["N", 3, "H", "W"] }] },
    pictures.map((rows) => Float32Array.from([...rows, ...rows])),
    2,
  );
  const [input, x, z] = ["input", "x", "z"].map((name) => statistics.get(name)!);
  assertEquals([...input!.largest], [3, 3, 2]);
  assertEquals([...x!.largest], [300, 3]);
  assertEquals([...x!.mean], [x!.mean[0]!, x!.mean[0]! / 100 - 3]);
  assertEquals(z!.largest[1], 0);
});

Deno.test("equalize() makes int8 finer for small channels when others are a hundred times as large", async () => {
  const error = async (graph: Graph): Promise<number> => {
    const { ranges: { extremes } } = await calibrate(graph, activations(graph), each(reds), 1);
    const int8 = quantize(graph, extremes);
    const session = { ...int8, outputs: [{ name: "y.float" }] };
    let worst = 0;
    for (const red of reds) {
      const [y] = await runGraph(session, red, [1, 3, 1, 1]);
      worst = Math.max(worst, Math.abs(y! - red[0]!));
    }
    return worst;
  };
  const { graph } = equalize(uneven, await channelStatistics(uneven, reds, 1));
  const [before, after] = [await error(uneven), await error(graph)];
  assert(before > 0.1, `${before}`);
  assert(after < 0.04, `${after}`);
});

for (const { name, architecture, size, weights, pictures } of await references()) {
  for (const pooling of ["average", "gem"] as const) {
    Deno.test(`equalize() leaves float embeddings and gives the statistics anew with ${pooling} pooling of ${name}`, async () => {
      const network = layOut({ ...architecture, pooling });
      const graph = floatGraph(network, foldBatchNorms(network, weights), size, "backbone");
      const length = 3 * size * size;
      const some = [0, 1].map((n) => pictures.subarray(n * length, (n + 1) * length));
      const equalized = equalize(graph, await channelStatistics(graph, some, size));

      const shape = [2, 3, size, size], both = pictures.subarray(0, 2 * length);
      const before = await runGraph(graph, both, shape), after = await runGraph(equalized.graph, both, shape);
      after.forEach((x, i) => assertAlmostEquals(x, before[i]!, 1e-5));

      const measured = await channelStatistics(equalized.graph, some, size);
      for (const [activation, { largest, mean }] of measured) {
        const told = equalized.statistics.get(activation)!;
        largest.forEach((x, channel) => assertAlmostEquals(told.largest[channel]!, x, 1e-4 * (1 + x)));
        mean.forEach((x, channel) => assertAlmostEquals(told.mean[channel]!, x, 1e-4 * (1 + Math.abs(x))));
      }
    });
  }
}

async function* each(pictures: Float32Array[]): AsyncGenerator<Float32Array> {
  yield* pictures;
}
