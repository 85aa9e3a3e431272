import type { StepInputs } from "../moco/moco.ts";
import { keysPerStep } from "../moco/settings.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { permutation, RandomStream } from "./random.ts";

interface StepFacts {
  /** [batch, size, size, 3], 8-bit RGB. */
  query: Uint8Array;
  key: Uint8Array;
  /** [batch]: which picture each row is of. */
  indices: Int32Array;
  size: number;
  mean: [number, number, number];
  std: [number, number, number];
  learningRate: number;
  /** Steps made before this one. */
  step: number;
  seed: number;
  /** Rows of the queue. */
  queue: number;
  /** Whether both views' keys go into the queue. */
  symmetric: boolean;
  skipOwnKeys?: boolean;
  entropyWeight?: number;
  entropyRamp?: number;
}

/** Turns one step's views and numbers into tensors; the caller disposes them. */
export function stepInputs(tf: typeof TensorFlow, facts: StepFacts): StepInputs {
  const { query, key, size, mean, std, learningRate, step, seed, queue } = facts;
  const batch = query.length / (size * size * 3);
  const pixels = (view: Uint8Array) => tf.tensor4d(normalizePixels(view, mean, std), [batch, size, size, 3]);
  const shuffle = permutation(batch, new RandomStream(seed, step, 0, "shuffle"));
  const unshuffle = new Int32Array(batch);
  shuffle.forEach((from, to) => unshuffle[from] = to);
  const keys = keysPerStep({ batch, symmetric: facts.symmetric });
  const pointer = (step * keys) % queue;
  const { entropyWeight = 0, entropyRamp = 0 } = facts;
  const risen = step < entropyRamp ? step / entropyRamp : 1;
  return {
    ...facts.skipOwnKeys
      ? { pictures: tf.tensor2d(Float32Array.from(facts.indices), [batch, 1], "float32") }
      : {},
    ...entropyWeight > 0 ? { entropyWeight: tf.scalar(entropyWeight * risen) } : {},
    im_q: pixels(query),
    im_k: pixels(key),
    learningRate: tf.scalar(learningRate),
    shuffle: tf.tensor1d(shuffle, "int32"),
    unshuffle: tf.tensor1d(unshuffle, "int32"),
    slots: tf.tensor2d(Int32Array.from({ length: keys }, (_, i) => pointer + i), [keys, 1], "int32"),
  };
}

/** (pixel / 255 - mean) / std for interleaved RGB, in the same layout. */
export function normalizePixels(
  pixels: Uint8Array,
  mean: [number, number, number],
  std: [number, number, number],
): Float32Array {
  // Each channel has only 256 values: a table spares two divisions a pixel.
  const tables = mean.map((m, channel) =>
    Float32Array.from({ length: 256 }, (_, v) => (v / 255 - m) / std[channel]!)
  );
  const [r, g, b] = tables as [Float32Array, Float32Array, Float32Array];
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    values[i] = r[pixels[i]!]!;
    values[i + 1] = g[pixels[i + 1]!]!;
    values[i + 2] = b[pixels[i + 2]!]!;
  }
  return values;
}
