import { RandomStream } from "../../../trainer/data/random.ts";
import type { Architecture } from "../../../trainer/moco/architecture.ts";
import { initialState } from "../../../trainer/moco/initialize.ts";
import { MoCo, type MoCoSettings, type StepInputs } from "../../../trainer/moco/moco.ts";
import type { TensorFlow } from "../../../trainer/tensorflow/load.ts";

/** A network as narrow as it can be, for pictures of SIZE pixels. */
export const ARCHITECTURE: Architecture = {
  ...{ block: "BasicBlock", layers: [2, 2, 2, 2], width: 2, stem: "cifar", mlp: true, dim: 4 },
};
export const BATCH = 4;
export const K = 12;
const SIZE = 16;

/** A method at its start, always the same. */
export function createMoCo(tf: typeof TensorFlow, settings: Partial<MoCoSettings> = {}): MoCo {
  const state = initialState(ARCHITECTURE, K, 7);
  return new MoCo(tf, {
    ...{ architecture: ARCHITECTURE, K, m: 0.9, T: 0.2 },
    ...{ sgdMomentum: 0.9, weightDecay: 1e-4, bnSplits: 1, symmetric: false },
    ...settings,
  }, state);
}

/** Inputs of one step: `shuffle` as given, the queue's rows from `pointer` on. */
export function createInputs(
  tf: typeof TensorFlow,
  { shuffle = [0, 1, 2, 3], pointer = 0 }: { shuffle?: number[]; pointer?: number } = {},
): StepInputs {
  const random = new RandomStream(8, 0, 0, "query");
  const pixels = () => Float32Array.from({ length: BATCH * SIZE * SIZE * 3 }, () => random.between(-2, 2));
  const unshuffle = shuffle.map((_, place) => shuffle.indexOf(place));
  return {
    im_q: tf.tensor4d(pixels(), [BATCH, SIZE, SIZE, 3]),
    im_k: tf.tensor4d(pixels(), [BATCH, SIZE, SIZE, 3]),
    learningRate: tf.scalar(0.1),
    shuffle: tf.tensor1d(shuffle, "int32"),
    unshuffle: tf.tensor1d(unshuffle, "int32"),
    slots: tf.tensor2d(shuffle.map((_, i) => pointer + i), [BATCH, 1], "int32"),
  };
}
