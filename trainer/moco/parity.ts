import { join } from "@std/path";
import { z } from "zod";
import { cosine } from "../../shared/vector.ts";
import { readSafetensors, type Tensor, type TensorMap } from "../checkpoint/safetensors.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { compileMoCo, type Trainer } from "./compiled.ts";
import { embedImported } from "./imported.ts";
import { MoCo, type StepInputs } from "./moco.ts";

const CHECKPOINT = "checkpoint_0000.pth.tar";

/** How far a replay of the official code's steps is from its record. */
export interface Parity {
  steps: number;
  /** Largest |loss - expected| of any step. */
  maxLossError: number;
  /** Largest |logit - expected| of the first query of the first step. */
  firstStepLogitError: number;
  /** Smallest cosine between the final encoder's embeddings of the first batch and the expected ones. */
  minFinalCosine: number;
  /** Largest |element - expected| of the final queue. */
  maxQueueError: number;
  /** |final - expected| / |expected - initial| of the query weights, key weights and running statistics. */
  queryError: number;
  keyError: number;
  statisticsError: number;
  /**
   * Smallest cosine between the embeddings that the imported `checkpoint_0000.pth.tar` gives, as a float32 ONNX graph,
   * and the expected ones; only where the folder has that file.
   */
  minImportedCosine?: number;
}

/** What a right implementation stays within; TensorFlow's own kernels reach about a tenth of it. */
export const PARITY_LIMITS: Required<Omit<Parity, "steps">> = {
  maxLossError: 5e-5,
  firstStepLogitError: 2e-4,
  minFinalCosine: 0.99999,
  maxQueueError: 1e-4,
  queryError: 0.02,
  keyError: 0.001,
  statisticsError: 0.001,
  minImportedCosine: 0.99999,
};

const recordSchema = z.object({
  loss: z.array(z.number()),
  logits_first_row: z.array(z.array(z.number())),
  settings: z.object({
    block: z.enum(["BasicBlock", "Bottleneck"]),
    layers: z.tuple([z.int(), z.int(), z.int(), z.int()]),
    width: z.int(),
    stem: z.enum(["imagenet", "cifar"]),
    dim: z.int(),
    K: z.int(),
    m: z.number(),
    T: z.number(),
    mlp: z.boolean(),
    batch: z.int(),
    size: z.int(),
    lr: z.number(),
    sgd_momentum: z.number(),
    weight_decay: z.number(),
  }),
});

/**
 * Replays the steps that the official PyTorch code was recorded doing.
 *
 * @param eager operation by operation instead of one compiled graph
 * @param folder holds `expected.json`, `initial`, `final` and `batches.safetensors`; it may hold the final state as
 * the official code saves it, `checkpoint_0000.pth.tar`
 * @param Method what is held against the record
 */
export async function replay(
  tf: typeof TensorFlow,
  folder: string,
  eager: boolean,
  Method: typeof MoCo = MoCo,
): Promise<Parity> {
  const record = recordSchema.parse(JSON.parse(await Deno.readTextFile(join(folder, "expected.json"))));
  const read = async (name: string) =>
    readSafetensors(await Deno.readFile(join(folder, `${name}.safetensors`))).tensors;
  const [initial, expected, batches] = [await read("initial"), await read("final"), await read("batches")];
  const { settings } = record;
  const { block, layers, width, stem, mlp, dim, K, m, T, batch } = settings;
  const moco = new Method(tf, {
    architecture: { block, layers, width, stem, mlp, dim },
    ...{
      K,
      m,
      T,
      sgdMomentum: settings.sgd_momentum,
      weightDecay: settings.weight_decay,
      bnSplits: 1,
      symmetric: false,
    },
  }, initial);
  const example = stepInputs(tf, batches, 0, settings.lr, 0);
  const trainer: Trainer = eager ? moco : await compileMoCo(tf, moco, example);
  tf.dispose(Object.values(example));

  let maxLossError = 0;
  let firstStepLogitError = 0;
  const pointer = initial.get("queue_ptr")?.data[0] ?? 0;
  record.loss.forEach((expectedLoss, step) => {
    const inputs = stepInputs(tf, batches, step, settings.lr, (pointer + step * batch) % K);
    const { loss, accuracy, logits } = trainer.step(inputs);
    maxLossError = Math.max(maxLossError, Math.abs((loss.dataSync()[0] as number) - expectedLoss));
    if (step === 0) {
      const row = logits.dataSync().subarray(0, 1 + K) as Float32Array;
      firstStepLogitError = largestDifference(row, Float32Array.from(record.logits_first_row[0] ?? []));
    }
    tf.dispose([loss, accuracy, logits, ...Object.values(inputs)]);
  });

  const final = trainer.state();
  const firstBatch = picture(tf, require(batches, "im_q"), 0);
  const embedded = trainer.embed(firstBatch);
  const embedding = embedded.dataSync() as Float32Array;
  tf.dispose([firstBatch, embedded]);
  trainer.dispose();

  const isStatistic = (name: string) => /\.running_(mean|var)$/.test(name);
  const isLearned = (name: string) => /\.(weight|bias)$/.test(name);
  const error = (wanted: (name: string) => boolean) => relativeError(final, expected, initial, wanted);
  const imported = await embedImported(join(folder, CHECKPOINT), require(batches, "im_q"));
  const expectedEmbedding = require(batches, "eval_embedding_of_im_q_0").data;
  return {
    steps: record.loss.length,
    maxLossError,
    firstStepLogitError,
    minFinalCosine: smallestCosine(embedding, expectedEmbedding, dim),
    maxQueueError: largestDifference(require(final, "queue").data, require(expected, "queue").data),
    queryError: error((name) => name.startsWith("encoder_q.") && isLearned(name)),
    keyError: error((name) => name.startsWith("encoder_k.") && isLearned(name)),
    statisticsError: error(isStatistic),
    ...(imported && { minImportedCosine: smallestCosine(imported, expectedEmbedding, dim) }),
  };
}

/** The names of the figures that miss their limits. */
export function missedLimits(parity: Parity): string[] {
  return Object.entries(PARITY_LIMITS).filter(([name, limit]) => {
    const value = parity[name as keyof Parity];
    if (value === undefined) return false; // there was no checkpoint to import
    return name.endsWith("Cosine") ? !(value >= limit) : !(value <= limit);
  }).map(([name]) => name);
}

function stepInputs(
  tf: typeof TensorFlow,
  batches: TensorMap,
  step: number,
  lr: number,
  pointer: number,
): StepInputs {
  const im_q = picture(tf, require(batches, "im_q"), step);
  const im_k = picture(tf, require(batches, "im_k"), step);
  const batch = im_q.shape[0];
  return {
    im_q,
    im_k,
    learningRate: tf.scalar(lr),
    shuffle: tf.range(0, batch, 1, "int32"),
    unshuffle: tf.range(0, batch, 1, "int32"),
    slots: tf.tidy(() => tf.reshape(tf.range(pointer, pointer + batch, 1, "int32"), [batch, 1])),
  };
}

/** One step's views out of [steps, batch, 3, size, size], as [batch, size, size, 3]. */
function picture(tf: typeof TensorFlow, { shape, data }: Tensor, step: number): TensorFlow.Tensor4D {
  const [, batch, channels, height, width] = shape as [number, number, number, number, number];
  const length = batch * channels * height * width;
  const views = data.subarray(step * length, (step + 1) * length);
  return tf.tidy(() => tf.transpose(tf.tensor4d(views, [batch, channels, height, width]), [0, 2, 3, 1]));
}

function require(tensors: TensorMap, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`Cannot replay: a tensor named ${name} is required: received none`);
  return tensor;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new RangeError(`Cannot compare: ${b.length} numbers are required: received ${a.length}`);
  }
  // Math.max passes NaN on; a comparison would lose it.
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] as number))), 0);
}

function relativeError(
  final: TensorMap,
  expected: TensorMap,
  initial: TensorMap,
  wanted: (name: string) => boolean,
) {
  let error = 0;
  let change = 0;
  for (const [name, { data }] of expected) {
    if (!wanted(name)) continue;
    const reached = require(final, name).data;
    const before = require(initial, name).data;
    data.forEach((value, i) => {
      error += ((reached[i] as number) - value) ** 2;
      change += (value - (before[i] as number)) ** 2;
    });
  }
  return Math.sqrt(error / change);
}

/** Of rows of `dim` numbers. */
function smallestCosine(a: Float32Array, b: Float32Array, dim: number): number {
  let smallest = 1;
  for (let row = 0; row < a.length; row += dim) {
    smallest = Math.min(smallest, cosine(a.subarray(row, row + dim), b.subarray(row, row + dim)));
  }
  return smallest;
}
