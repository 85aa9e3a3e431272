import type { ChannelStatistics } from "./channel_statistics.ts";
import type { Graph, Initializer, Node } from "./model.ts";
import { mul } from "./operators.ts";

/** Operators that give a channel divided by a positive number where they get it so. */
const HOMOGENEOUS = new Set(["Relu", "Add", "MaxPool"]);

/** A channel counts as at least this share of its tensor's largest, so that a dead one is not blown up. */
const LEAST_SHARE = 1 / 64;

/** Activations whose channels are divided alike, since additions, ReLUs and pooling tie them; and the layers around them. */
interface Tied {
  activations: string[];
  /** Convolutions that give them. */
  producers: Node[];
  /** Convolutions that take them. */
  consumers: Node[];
  /** Those that something else takes: what comes before global pooling. */
  ends: Set<string>;
}

/**
 * Brings the channels of each activation closer in size, so that the 256 levels that they share fit all of them better:
 * a channel is divided by a number in the convolutions that give it, and multiplied by the same number in those that
 * take it, or before global pooling. In float the graph computes what it did.
 *
 * The number is the square root of the channel's share of the largest: what activations gain, weights lose, whose
 * levels the input channels share.
 *
 * Source: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, section 4.1;
 * by activations as in Xiao et al., "SmoothQuant", ICML 2023, section 4.
 *
 * @param statistics of the graph's activations (see `channelStatistics`)
 * @returns the graph, and the statistics of its activations
 */
export function equalize(
  graph: Graph,
  statistics: ReadonlyMap<string, ChannelStatistics>,
): { graph: Graph; statistics: Map<string, ChannelStatistics> } {
  const initializers = new Map(graph.initializers);
  const equalized = new Map(statistics);
  const restored = new Map<string, Node>();
  for (const { activations, producers, consumers, ends } of tiedActivations(graph)) {
    const scales = channelScales(activations.flatMap((name) => statistics.get(name)?.largest ?? []));
    for (const { inputs: [, weight, bias] } of producers) {
      rescale(initializers, weight!, (out) => 1 / scales[out]!);
      rescale(initializers, bias!, (out) => 1 / scales[out]!);
    }
    for (const { inputs: [, weight] } of consumers) {
      rescale(initializers, weight!, (_, into) => scales[into]!);
    }
    for (const name of activations) {
      const own = statistics.get(name);
      if (!own) continue;
      const divided = (values: Float64Array) => values.map((value, channel) => value / scales[channel]!);
      equalized.set(name, { largest: divided(own.largest), mean: divided(own.mean) });
    }
    for (const name of ends) {
      initializers.set(`${name}.channels`, { dims: [scales.length, 1, 1], data: scales });
      restored.set(name, mul(name, `${name}.channels`, `${name}.restored`));
    }
  }
  const nodes = graph.nodes.flatMap((node) => {
    const { operator, output } = node;
    const inputs = operator === "Conv" || HOMOGENEOUS.has(operator)
      ? node.inputs
      : node.inputs.map((name) => restored.get(name)?.output ?? name);
    return [{ ...node, inputs }, ...(restored.has(output) ? [restored.get(output)!] : [])];
  });
  return { graph: { ...graph, nodes, initializers }, statistics: equalized };
}

function tiedActivations(graph: Graph): Set<Tied> {
  const tied = new Map<string, Tied>();
  const join = (one: Tied, other: Tied): void => {
    if (one === other) return;
    one.activations.push(...other.activations);
    one.producers.push(...other.producers);
    one.consumers.push(...other.consumers);
    for (const name of other.ends) one.ends.add(name);
    for (const name of other.activations) tied.set(name, one);
  };
  for (const node of graph.nodes) {
    const { operator, output } = node;
    const [first, ...others] = node.inputs.flatMap((name) => tied.get(name) ?? []);
    if (operator === "Conv") {
      first?.consumers.push(node);
      tied.set(output, { activations: [output], producers: [node], consumers: [], ends: new Set() });
    } else if (first && HOMOGENEOUS.has(operator)) {
      for (const other of others) join(first, other);
      first.activations.push(output);
      tied.set(output, first);
    } else {
      for (const name of node.inputs) tied.get(name)?.ends.add(name);
    }
  }
  return new Set(tied.values());
}

/** What to divide each channel by, from the largest magnitudes of the channels of all activations that share them. */
function channelScales(largest: Float64Array[]): Float32Array {
  const shares = largest.map((values) => {
    const most = values.reduce((a, b) => Math.max(a, b), 0);
    return values.map((value) => most === 0 ? 1 : value / most);
  });
  return Float32Array.from(
    shares[0]!,
    (_, channel) => Math.sqrt(Math.max(LEAST_SHARE, ...shares.map((share) => share[channel]!))),
  );
}

/** Multiplies a layer's weight [out, in, ...] or bias [out] by numbers that depend on its channels. */
function rescale(
  initializers: Map<string, Initializer>,
  name: string,
  factor: (out: number, into: number) => number,
): void {
  const { dims, data } = initializers.get(name)!;
  const [out = 0, into = 1] = dims;
  const window = data.length / out / into;
  const values = Float32Array.from(data, (x, i) => {
    const row = Math.floor(i / window);
    return x * factor(Math.floor(row / into), row % into);
  });
  initializers.set(name, { dims, data: values });
}
