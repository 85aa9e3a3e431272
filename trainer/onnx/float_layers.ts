import type { Graph } from "./model.ts";

/** At most this share of the blocks stays float: beyond it, the encoder is not worth calling int8. */
const MOST_FLOAT = 1 / 4;

/** A residual block, or the stem, that stays float. */
export interface FloatLayer {
  /** As the weights call it: `conv1`, `layer2.0`. */
  layer: string;
  /** Mean centred cosine on the pictures with this block, and those before it in the list, in float. */
  centredCosine: number;
}

/**
 * Chooses the residual blocks that stay float because int8 loses too much in them: none where the whole graph in int8
 * reaches `target`. Otherwise each is left float alone; those that gain most are then left float together, one after the
 * other, until the target is reached, or a quarter of them is float. A block at a time, since what lies between two of
 * its layers has 8 bits unless both are float.
 *
 * @param target mean centred cosine of int8 to float embeddings
 * @param agreement what it is where some blocks stay float
 */
export async function chooseFloatLayers(
  graph: Graph,
  target: number,
  agreement: (layers: string[]) => Promise<number>,
): Promise<FloatLayer[]> {
  const allInt8 = await agreement([]);
  if (allInt8 >= target) return [];
  const layers = new Set(quantizable(graph).map(blockOf));
  const alone: FloatLayer[] = [];
  for (const layer of layers) alone.push({ layer, centredCosine: await agreement([layer]) });
  alone.sort((a, b) => b.centredCosine - a.centredCosine);

  const chosen: FloatLayer[] = [];
  let reached = allInt8;
  for (const { layer } of alone.slice(0, Math.floor(MOST_FLOAT * layers.size))) {
    if (reached >= target) break;
    const centredCosine = await agreement([...chosen.map(({ layer }) => layer), layer]);
    if (centredCosine <= reached) continue;
    chosen.push({ layer, centredCosine });
    reached = centredCosine;
  }
  return chosen;
}

/** The graph's names of what `quantize` leaves float where these blocks stay float. */
export function outputsOf(graph: Graph, layers: string[]): string[] {
  return quantizable(graph).filter((output) => layers.includes(blockOf(output)));
}

/**
 * The residual additions of the last stage. In float they cost little, since few pixels are left there, and what they add
 * to is rounded once for each block's convolutions instead of on and on.
 */
export function lastAdditions(graph: Graph): string[] {
  const additions = graph.nodes.filter(({ operator }) => operator === "Add").map(({ output }) => output);
  const stage = (output: string) => output.split(".")[0];
  return additions.filter((output) => stage(output) === stage(additions.at(-1)!));
}

function quantizable(graph: Graph): string[] {
  return graph.nodes.filter(({ operator }) => operator === "Conv" || operator === "Add")
    .map(({ output }) => output);
}

/** `layer2.0.conv1` belongs to `layer2.0`; the stem is its own. */
function blockOf(output: string): string {
  return /^layer\d+\.\d+/.exec(output)?.[0] ?? output;
}
