import type { ChannelStatistics } from "./channel_statistics.ts";
import type { Range } from "./histogram.ts";
import type { Graph, Initializer, Node } from "./model.ts";
import { dequantizeLinear, quantizeLinear } from "./operators.ts";
import { quantizeConvolution, type Quantized, quantizeWeights } from "./weights.ts";

const SMALLEST_SCALE = 1e-12; // an activation that is always zero has no range to tell its scale

/** The float tensors that become uint8: the pictures, and what convolutions and additions give (after their ReLU). */
export function activations(graph: Graph): string[] {
  const computed = graph.nodes
    .filter(({ operator }) => operator === "Conv" || operator === "Add")
    .map(({ output }) => rectified(graph, output));
  return [...graph.inputs.map(({ name }) => name), ...computed];
}

/**
 * Rewrites a float graph so that onnxruntime runs it on integers: QuantizeLinear and DequantizeLinear around every
 * convolution and addition, which it fuses into QLinearConv and QLinearAdd. Activations are uint8 per tensor, weights
 * int8 per output channel, biases int32.
 *
 * - A range that starts at zero has zero point 0, and quantizing to it clips at zero: the ReLU itself is left out.
 * - Both sides of a residual addition are quantized, so that it runs on integers too.
 * - Max-pooling picks among uint8 levels as they are.
 * - A layer that stays float reads and gives floats; where an integer layer follows, its output is quantized for that,
 *   and where a float one follows, it is not.
 * - Pooled features and the head stay float, with int8 weights: as fast, since the head has few products, and the mean
 *   centred cosine of a ResNet-18 is 0.99996 instead of 0.99994. The size is the weights', so it is the same.
 *
 * @param ranges of every tensor in `activations(graph)`, from calibration
 * @param floatLayers outputs of the convolutions, additions and linear layers that stay float
 * @param statistics of the graph's activations, to correct biases by (see `quantizeConvolution`)
 */
export function quantize(
  graph: Graph,
  ranges: Map<string, Range>,
  floatLayers: ReadonlySet<string> = new Set(),
  statistics: ReadonlyMap<string, ChannelStatistics> = new Map(),
): Graph {
  const nodes: Node[] = [];
  const initializers = new Map<string, Initializer>();
  const floats = (name: string) => graph.initializers.get(name)!.data as Float32Array;

  /** Activations of the float graph that went through uint8, with the value of one level. */
  const scales = new Map<string, number>();
  /** Activations that the new graph has in float too, under their own names. */
  const computed = new Set<string>();
  const current = (name: string) => scales.has(name) ? `${name}.float` : name;
  /** The tensor as exact as it is at hand, for a layer in float. */
  const exact = (name: string) => computed.has(name) ? name : current(name);
  const floatInputs = (node: Node): string[] =>
    node.inputs.map((name) => graph.initializers.has(name) ? keep(name) : exact(name));
  const dequantize = (name: string, likeName: string): void => {
    nodes.push(dequantizeLinear(`${name}.uint8`, `${likeName}.scale`, `${likeName}.zero`, `${name}.float`));
    scales.set(name, initializers.get(`${likeName}.scale`)!.data[0]!);
  };
  /** `source`, a tensor of the new graph, goes on as the 256 levels of `name`, an activation of the float graph. */
  const settle = (source: string, name: string): void => {
    const { scale, zeroPoint } = uint8Levels(ranges.get(name)!);
    initializers.set(`${name}.scale`, { dims: [], data: Float32Array.of(scale) });
    initializers.set(`${name}.zero`, { dims: [], data: Uint8Array.of(zeroPoint) });
    nodes.push(quantizeLinear(source, `${name}.scale`, `${name}.zero`, `${name}.uint8`));
    dequantize(name, name);
  };
  /** The tensor after its 256 levels, for a layer on integers: those that a float layer gave get them here. */
  const quantized = (name: string): string => {
    if (!scales.has(name)) settle(name, name);
    return current(name);
  };
  const constant = (name: string, { levels, scales }: Quantized<Int8Array | Int32Array>): string => {
    const zeros = levels instanceof Int8Array ? new Int8Array(scales.length) : new Int32Array(scales.length);
    initializers.set(`${name}.levels`, { dims: graph.initializers.get(name)!.dims, data: levels });
    initializers.set(`${name}.scale`, { dims: [scales.length], data: scales });
    initializers.set(`${name}.zero`, { dims: [scales.length], data: zeros });
    nodes.push(dequantizeLinear(`${name}.levels`, `${name}.scale`, `${name}.zero`, `${name}.float`));
    return `${name}.float`;
  };
  const keep = (name: string): string => {
    initializers.set(name, graph.initializers.get(name)!);
    return name;
  };

  for (const { name } of graph.inputs) settle(name, name);
  for (const node of graph.nodes) {
    const [x, w, b] = node.inputs as [string, string, string];
    if (floatLayers.has(node.output)) {
      nodes.push({ ...node, inputs: floatInputs(node) });
      computed.add(node.output);
      continue;
    }
    switch (node.operator) {
      case "Conv": {
        const input = quantized(x);
        const { weight, bias } = quantizeConvolution(
          floats(w),
          floats(b),
          scales.get(x)!,
          statistics.get(x)?.mean,
        );
        nodes.push({ ...node, inputs: [input, constant(w, weight), constant(b, bias)] });
        settle(node.output, rectified(graph, node.output));
        break;
      }
      case "Add":
        nodes.push({ ...node, inputs: node.inputs.map(quantized) });
        settle(node.output, rectified(graph, node.output));
        break;
      case "Relu":
        if (scales.has(node.output)) break;
        nodes.push(node);
        computed.add(node.output);
        break;
      case "MaxPool":
        quantized(x);
        nodes.push({ ...node, inputs: [`${x}.uint8`], output: `${node.output}.uint8` });
        dequantize(node.output, x);
        break;
      case "Gemm":
        nodes.push({
          ...node,
          inputs: [x, constant(w, quantizeWeights(floats(w), floats(b).length)), keep(b)],
        });
        break;
      default:
        nodes.push({ ...node, inputs: floatInputs(node) });
    }
  }
  return { ...graph, nodes, initializers };
}

/** The output of the ReLU that follows a tensor; the tensor itself where none does. */
function rectified(graph: Graph, name: string): string {
  return graph.nodes.find(({ operator, inputs }) => operator === "Relu" && inputs[0] === name)?.output ??
    name;
}

/** Scale and zero point that spread 256 levels over a range, one of them on zero exactly. */
function uint8Levels({ min, max }: Range): { scale: number; zeroPoint: number } {
  const scale = Math.fround(Math.max((max - min) / 255, SMALLEST_SCALE));
  return { scale, zeroPoint: Math.round(-min / scale) };
}
