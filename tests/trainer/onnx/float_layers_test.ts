import { assert, assertEquals } from "@std/assert";
import { layOut } from "../../../trainer/moco/architecture.ts";
import { calibrate } from "../../../trainer/onnx/calibrate.ts";
import { floatGraph } from "../../../trainer/onnx/float_graph.ts";
import { chooseFloatLayers, lastAdditions, outputsOf } from "../../../trainer/onnx/float_layers.ts";
import { foldBatchNorms } from "../../../trainer/onnx/fold.ts";
import { openJudge } from "../../../trainer/onnx/judge.ts";
import { activations, quantize } from "../../../trainer/onnx/quantize.ts";
import { references } from "./reference.ts";

const [reference] = await references();
const { architecture, size, weights, pictures: all } = reference!;
const length = 3 * size * size;
const pictures = Array.from(
  { length: all.length / length },
  (_, n) => all.subarray(n * length, (n + 1) * length),
);

async function* stream(): AsyncGenerator<Float32Array> {
  yield* pictures;
}

const network = layOut(architecture);
const graph = floatGraph(network, foldBatchNorms(network, weights), size, "projection");

Deno.test("chooseFloatLayers() leaves the block float whose range is wrong, and none when int8 is good enough", async () => {
  const { ranges: { extremes: ranges } } = await calibrate(graph, activations(graph), stream(), size);
  const judge = await openJudge(graph, pictures, size);
  const agreement = async (layers: string[]) =>
    (await judge(quantize(graph, ranges, new Set(outputsOf(graph, layers))))).mean;
  assertEquals(await chooseFloatLayers(graph, 0.99, agreement), []);

  // One level for all that this convolution gives: in int8 nothing is left of it.
  const broken = "layer2.0.conv1";
  const { max } = ranges.get(`${broken}.relu`)!;
  ranges.set(`${broken}.relu`, { min: 0, max: 1000 * max });
  const chosen = await chooseFloatLayers(graph, 0.99, agreement);
  assertEquals(chosen.map(({ layer }) => layer), ["layer2.0"]);
  assert(chosen[0]!.centredCosine > 0.99, JSON.stringify(chosen));

  const integers = (layers: string[]) =>
    quantize(graph, ranges, new Set(outputsOf(graph, layers))).nodes
      .filter(({ operator }) => operator === "QuantizeLinear").length;
  // Its three convolutions' outputs; the addition's is quantized for the next block.
  assertEquals(integers([]) - integers(["layer2.0"]), 3);
});

Deno.test("lastAdditions() keeps what the last stage adds up in float until its convolutions", async () => {
  const { ranges: { extremes } } = await calibrate(graph, activations(graph), stream(), size);
  const float = lastAdditions(graph);
  assertEquals(float, ["layer4.0.add", "layer4.1.add"]);
  const { nodes } = quantize(graph, extremes, new Set(float));
  const inputsOf = (output: string) => nodes.find((node) => node.output === output)!.inputs;
  assertEquals(inputsOf("layer4.1.add"), ["layer4.1.conv2.float", "layer4.0.add.relu"]);
  assertEquals(inputsOf("layer4.1.conv1")[0], "layer4.0.add.relu.float");
  assertEquals(inputsOf("avgpool"), ["layer4.1.add.relu"]);
});
