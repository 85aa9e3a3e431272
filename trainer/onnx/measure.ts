import { OUTPUT } from "./float_graph.ts";
import { openSession, type Session } from "./session.ts";

/** What one encoder made of the held-out pictures. */
export interface Measured {
  /** [pictures, dimensions] */
  embeddings: Float32Array;
  /** Median over the pictures, one at a time on one thread, in onnxruntime-web. */
  milliseconds: number;
}

/**
 * Runs the float and the int8 encoder over the same pictures, in turns, so that whatever else the machine does slows
 * both alike.
 *
 * @param inputs normalised pictures, each [1, 3, size, size]
 * @param size the picture's side in pixels
 */
export async function measure(
  models: { float: Uint8Array; int8: Uint8Array },
  inputs: AsyncIterable<Float32Array>,
  size: number,
): Promise<{ float: Measured; int8: Measured; pictures: number }> {
  const float = await record(models.float, size);
  const int8 = await record(models.int8, size);
  let pictures = 0;
  for await (const input of inputs) {
    await float.run(input);
    await int8.run(input);
    pictures++;
  }
  return { float: await float.finish(), int8: await int8.finish(), pictures };
}

async function record(model: Uint8Array, size: number) {
  const session: Session = await openSession(model, size);
  const embeddings: Float32Array[] = [];
  const times: number[] = [];
  return {
    async run(input: Float32Array): Promise<void> {
      const start = performance.now();
      const outputs = await session.run(input);
      times.push(performance.now() - start);
      embeddings.push(outputs.get(OUTPUT)!);
    },
    async finish(): Promise<Measured> {
      await session.release();
      const length = embeddings.reduce((sum, { length }) => sum + length, 0);
      const all = new Float32Array(length);
      let at = 0;
      for (const embedding of embeddings) {
        all.set(embedding, at);
        at += embedding.length;
      }
      times.sort((a, b) => a - b);
      return { embeddings: all, milliseconds: times[Math.floor(times.length / 2)] ?? 0 };
    },
  };
}
