import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { layOut } from "../../../trainer/moco/architecture.ts";
import { calibrate } from "../../../trainer/onnx/calibrate.ts";
import type { ChannelStatistics } from "../../../trainer/onnx/channel_statistics.ts";
import { compareEmbeddings } from "../../../trainer/onnx/compare.ts";
import { floatGraph } from "../../../trainer/onnx/float_graph.ts";
import { foldBatchNorms } from "../../../trainer/onnx/fold.ts";
import type { Graph } from "../../../trainer/onnx/model.ts";
import { add, conv, relu } from "../../../trainer/onnx/operators.ts";
import { activations, quantize } from "../../../trainer/onnx/quantize.ts";
import { type Reference, references } from "./reference.ts";
import { floats, graphOf, runGraph } from "./run_graph.ts";

async function quantized({ architecture, size, weights, pictures }: Reference): Promise<[Graph, Graph]> {
  const network = layOut(architecture);
  const float = floatGraph(network, foldBatchNorms(network, weights), size, "projection");
  const { ranges } = await calibrate(float, activations(float), each(pictures, 3 * size * size), size);
  return [float, quantize(float, ranges.extremes)];
}

async function* each(pictures: Float32Array, length: number): AsyncGenerator<Float32Array> {
  for (let at = 0; at < pictures.length; at += length) yield pictures.subarray(at, at + length);
}

for (const reference of await references()) {
  const { name, size, pictures, embeddings } = reference;
  const shape = [pictures.length / (3 * size * size), 3, size, size];

  Deno.test(`quantize() keeps the embeddings when it has the weights of ${name}`, async () => {
    const [float, int8] = await quantized(reference);
    const agreement = compareEmbeddings(
      await runGraph(float, pictures, shape),
      await runGraph(int8, pictures, shape),
      embeddings.shape[1]!,
    );
    assertEquals(agreement.nearestIsOwn, 1);
    assert(agreement.centredCosine.mean > 0.99, JSON.stringify(agreement));
  });

  Deno.test(`quantize() gives the same on integer kernels as in float when it has the weights of ${name}`, async () => {
    const [, int8] = await quantized(reference);
    const integer = await runGraph(int8, pictures, shape);
    const simulated = await runGraph(int8, pictures, shape, "disabled");
    const { centredCosine } = compareEmbeddings(simulated, integer, embeddings.shape[1]!);
    // A value halfway between two levels may round either way; a kernel that saturated would be far off.
    assert(centredCosine.worst > 0.995, JSON.stringify(centredCosine));
  });
}

const pixel = { kernel: 1, stride: 1, padding: 0 };

Deno.test("quantize() saturates nowhere when every product is as large as it can be", async () => {
  const channels = 512;
  const graph = graphOf([conv("x", "w", "b", "y", pixel)], {
    w: floats([1, channels, 1, 1], ...new Array<number>(channels).fill(1)),
    b: floats([1], 0),
  });
  const ranges = new Map([["x", { min: 0, max: 1 }], ["y", { min: 0, max: channels }]]);
  const output = await runGraph(
    quantizedTo(graph, ranges),
    new Float32Array(channels).fill(1),
    [1, channels, 1, 1],
  );
  assertEquals([...output], [channels]);
});

Deno.test("quantize() keeps the bias when a channel is dead", async () => {
  const graph = graphOf([conv("x", "w", "b", "y", pixel)], {
    w: floats([3, 1, 1, 1], 0, 1e-30, 2),
    b: floats([3], 0, 3, 0.5),
  });
  const ranges = new Map([["x", { min: 0, max: 1 }], ["y", { min: 0, max: 3 }]]);
  const output = await runGraph(quantizedTo(graph, ranges), Float32Array.of(1), [1, 1, 1, 1]);
  [0, 3, 2.5].forEach((expected, i) => assertAlmostEquals(output[i]!, expected, 0.01));
});

Deno.test("quantize() keeps the mean of an output when small weights are rounded away and the inputs' means are given", async () => {
  const channels = 100;
  const graph = graphOf([conv("x", "w", "b", "y", pixel)], {
    w: floats([1, channels, 1, 1], 1, ...new Array<number>(channels - 1).fill(0.003)),
    b: floats([1], 0),
  });
  const ranges = new Map([["x", { min: 0, max: 1 }], ["y", { min: 0, max: 2 }]]);
  const ones = new Float64Array(channels).fill(1);
  const output = async (statistics?: Map<string, ChannelStatistics>) => {
    const int8 = quantize(graph, ranges, new Set(), statistics);
    const values = await runGraph(
      { ...int8, outputs: [{ name: "y.float" }] },
      Float32Array.from(ones),
      [1, channels, 1, 1],
    );
    return values[0]!;
  };
  assertAlmostEquals(await output(), 1, 0.01);
  assertAlmostEquals(await output(new Map([["x", { largest: ones, mean: ones }]])), 1.297, 0.01);
});

Deno.test("quantize() gives zeros when an activation was zero in every calibration picture", async () => {
  const graph = graphOf([conv("x", "w", "b", "c", pixel), relu("c", "y")], {
    w: floats([1, 1, 1, 1], 1),
    b: floats([1], -5),
  });
  const ranges = new Map([["x", { min: 0, max: 1 }], ["y", { min: 0, max: 0 }]]);
  const output = await runGraph(quantizedTo(graph, ranges), Float32Array.of(1), [1, 1, 1, 1]);
  assertEquals([...output], [0]);
});

Deno.test("quantize() clips at zero when a ReLU follows an addition", async () => {
  const graph = graphOf([conv("x", "w", "b", "c", pixel), add("c", "x", "sum"), relu("sum", "y")], {
    w: floats([1, 1, 1, 1], -2),
    b: floats([1], 0),
  });
  const ranges = new Map([
    ["x", { min: -1, max: 1 }],
    ["c", { min: -2, max: 2 }],
    ["y", { min: 0, max: 1 }],
  ]);
  const output = await runGraph(quantizedTo(graph, ranges), Float32Array.of(-1, 1), [1, 1, 1, 2]);
  assertAlmostEquals(output[0]!, 1, 0.03);
  assertEquals(output[1], 0);
});

/** The int8 graph with its last activation, back in float, as the output. */
function quantizedTo(graph: Graph, ranges: Map<string, { min: number; max: number }>): Graph {
  const int8 = quantize(graph, ranges);
  return { ...int8, outputs: [{ name: int8.nodes.at(-1)!.output }] };
}
