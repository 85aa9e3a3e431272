import { OUTPUT } from "./float_graph.ts";
import { openSession, type Session } from "./session.ts";

/** What one encoder made of the held-out pictures. */
export interface Measured {
  /** [pictures, dimensions] */
  embeddings: Float32Array;
  /** Of each picture in milliseconds: one at a time on one thread, in onnxruntime-web. */
  times: number[];
  /** Their median. */
  milliseconds: number;
}

/**
 * Runs encoders over the same pictures, in turns, so that whatever else the machine does slows all alike; each picture
 * with another one first, since one that follows a large one finds the processor's caches full.
 *
 * @param models ONNX files by names of the caller's
 * @param inputs normalised pictures, each [1, 3, size, size]
 * @param size the picture's side in pixels
 */
export async function measure<Name extends string>(
  models: Record<Name, Uint8Array>,
  inputs: AsyncIterable<Float32Array>,
  size: number,
): Promise<{ measured: Record<Name, Measured>; pictures: number }> {
  const recorders = new Map<Name, Awaited<ReturnType<typeof record>>>();
  for (const name in models) recorders.set(name, await record(models[name], size));
  let pictures = 0;
  for await (const input of inputs) {
    const inTurn = [...recorders.values()];
    for (let i = 0; i < inTurn.length; i++) await inTurn[(pictures + i) % inTurn.length]!.run(input);
    pictures++;
  }
  const measured = {} as Record<Name, Measured>;
  for (const [name, recorder] of recorders) measured[name] = await recorder.finish();
  return { measured, pictures };
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
      const sorted = times.toSorted((a, b) => a - b);
      return { embeddings: all, times, milliseconds: sorted[Math.floor(sorted.length / 2)] ?? 0 };
    },
  };
}
