import { INPUT } from "./float_graph.ts";
import type { Graph } from "./model.ts";
import { openSession } from "./session.ts";

/** What the channels of one activation are like over some pictures. */
export interface ChannelStatistics {
  /** Each channel's largest magnitude. */
  largest: Float64Array;
  /** Each channel's mean over pictures and places. */
  mean: Float64Array;
}

/**
 * Runs a float graph over pictures and looks at the channels of everything that goes into and comes out of its
 * convolutions, additions and ReLUs.
 *
 * @param pictures normalised, each [1, 3, size, size]; one at least
 * @returns by the activations' names
 */
export async function channelStatistics(
  graph: Graph,
  pictures: Float32Array[],
  size: number,
): Promise<Map<string, ChannelStatistics>> {
  const statistics = new Map<string, ChannelStatistics>();
  const observe = (name: string, values: Float32Array): void => {
    const { largest, mean } = statistics.get(name)!;
    const places = values.length / largest.length;
    for (let channel = 0, at = 0; channel < largest.length; channel++) {
      let most = largest[channel]!, sum = 0;
      for (const end = at + places; at < end; at++) {
        const x = values[at]!;
        sum += x;
        if (x > most) most = x;
        else if (-x > most) most = -x;
      }
      largest[channel] = most;
      mean[channel]! += sum / places / pictures.length;
    }
  };

  for (const [name, count] of channelCounts(graph)) {
    statistics.set(name, { largest: new Float64Array(count), mean: new Float64Array(count) });
  }
  const outputs = Array.from(statistics.keys()).filter((name) => name !== INPUT).map((name) => ({ name }));
  const session = await openSession({ ...graph, outputs }, size);
  for (const picture of pictures) {
    observe(INPUT, picture);
    for (const [name, values] of await session.run(picture)) observe(name, values);
  }
  await session.release();
  return statistics;
}

/** How many channels each activation with places has. */
function channelCounts(graph: Graph): Map<string, number> {
  const counts = new Map([[INPUT, 3]]);
  for (const { operator, inputs: [x, w], output } of graph.nodes) {
    if (operator === "Conv") counts.set(output, graph.initializers.get(w!)!.dims[0]!);
    else if (["Relu", "Add", "MaxPool"].includes(operator)) counts.set(output, counts.get(x!)!);
  }
  return counts;
}
