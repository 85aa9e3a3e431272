import type { TensorFlow } from "../tensorflow/load.ts";
import { type Accuracy, accuracyOf, guessesFor } from "./accuracy.ts";
import { countOf, type Features, type LabelledFeatures, normalizeFeatures } from "./features.ts";
import { largest } from "../largest.ts";

/** Neighbours and temperature of the official CIFAR-10 demo, after Wu et al. 2018. */
export const KNN_K = 200;
export const KNN_T = 0.1;

/** Similarities that are held at a time: 64 MB. */
const SIMILARITIES = 2 ** 24;

export interface KnnResult extends Accuracy {
  /** Neighbours that voted: `KNN_K`, or all training pictures where they are fewer. */
  k: number;
}

/**
 * Weighted k-nearest-neighbour classification: each of a test picture's `k` most similar training pictures votes for
 * its class with weight exp(cosine / T), as the official CIFAR-10 demo of MoCo does.
 *
 * Source: Wu, Xiong, Yu and Lin, "Unsupervised feature learning via non-parametric instance discrimination", CVPR 2018,
 * section 3.4.
 *
 * @param classes how many there are
 * @param onProgress told how many more test pictures are done
 */
export function evaluateKnn(
  tf: typeof TensorFlow,
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  onProgress: (pictures: number) => void = () => {},
): KnnResult {
  const k = Math.min(KNN_K, countOf(train));
  const guesses: number[][] = [];
  for (const scores of classScores(tf, train, test, { classes, k, T: KNN_T })) {
    guesses.push(largest(scores, guessesFor(classes)));
    onProgress(1);
  }
  return { k, ...accuracyOf(guesses, test.labels) };
}

/** Yields each query's summed votes [classes], in the queries' order. */
export function* classScores(
  tf: typeof TensorFlow,
  train: LabelledFeatures,
  queries: Features,
  { classes, k, T }: { classes: number; k: number; T: number },
): Generator<Float64Array> {
  const { dimensions } = train;
  const bankSize = countOf(train);
  const bank = tf.tensor2d(normalizeFeatures(train).values, [bankSize, dimensions]); // [M, D]
  const normalized = normalizeFeatures(queries).values;
  const chunk = Math.max(1, Math.floor(SIMILARITIES / bankSize)) * dimensions;
  try {
    for (let from = 0; from < normalized.length; from += chunk) {
      const rows = normalized.subarray(from, from + chunk);
      const nearest = tf.tidy(() => {
        const q = tf.tensor2d(rows, [rows.length / dimensions, dimensions]); // [N, D]
        const similarity = tf.matMul(q, bank, false, true); // [N, M]
        return tf.topk(similarity, k); // [N, k]
      });
      const values = nearest.values.dataSync();
      const indices = nearest.indices.dataSync();
      tf.dispose([nearest.values, nearest.indices]);
      for (let start = 0; start < values.length; start += k) {
        const scores = new Float64Array(classes);
        for (let i = start; i < start + k; i++) {
          scores[train.labels[indices[i]!]!]! += Math.exp(values[i]! / T);
        }
        yield scores;
      }
    }
  } finally {
    bank.dispose();
  }
}
