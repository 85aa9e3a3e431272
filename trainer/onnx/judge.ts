import { type Agreement, compareEmbeddings } from "./compare.ts";
import { OUTPUT } from "./float_graph.ts";
import type { Graph } from "./model.ts";
import { openSession } from "./session.ts";

/** Tells how near the embeddings of an int8 graph are to the float ones. */
export type Judge = (int8: Graph) => Promise<Agreement["centredCosine"]>;

/**
 * Embeds a few pictures by the float graph, to judge int8 graphs by.
 *
 * @param pictures normalised, each [1, 3, size, size]; two at least
 */
export async function openJudge(graph: Graph, pictures: Float32Array[], size: number): Promise<Judge> {
  const embed = async (graph: Graph): Promise<Float32Array> => {
    const session = await openSession(graph, size);
    const rows: number[] = [];
    for (const picture of pictures) rows.push(...(await session.run(picture)).get(OUTPUT)!);
    await session.release();
    return Float32Array.from(rows);
  };
  const float = await embed(graph);
  return async (int8) =>
    compareEmbeddings(float, await embed(int8), float.length / pictures.length).centredCosine;
}
