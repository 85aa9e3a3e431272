import type { TensorFlow } from "../tensorflow/load.ts";
import { countOf, type Features, type LabelledFeatures } from "./features.ts";
import { minimize } from "./lbfgs.ts";

type Tensor2D = TensorFlow.Tensor2D;

const TOLERANCE = 1e-5; // largest component of the mean loss's gradient; float32 resolves little more
const ITERATIONS = 500;

/** Multinomial logistic regression: logits = (x - mean) / std * weights + biases. */
export interface Classifier {
  /** [dimensions + 1, classes]: the last row holds the biases. */
  weights: Float64Array;
  classes: number;
  scaling: Scaling;
}

/** What the features are standardised with, each [dimensions]. A dimension that does not vary has `std` 1. */
export interface Scaling {
  mean: Float64Array;
  std: Float64Array;
}

/** The mean and standard deviation of each dimension. */
export function scalingOf(features: Features): Scaling {
  const { values, dimensions } = features;
  const count = countOf(features);
  const mean = new Float64Array(dimensions);
  for (let i = 0; i < values.length; i++) mean[i % dimensions]! += values[i]! / count;
  const variance = new Float64Array(dimensions);
  for (let i = 0; i < values.length; i++) {
    variance[i % dimensions]! += (values[i]! - mean[i % dimensions]!) ** 2 / count;
  }
  return { mean, std: variance.map((v) => v > 0 ? Math.sqrt(v) : 1) };
}

/**
 * Fits by L-BFGS on all pictures at once, which gives the same classifier every time: minimises the mean cross-entropy
 * plus l2 / 2 times the squared weights (not the biases). In scikit-learn's terms, C = 1 / (l2 * pictures).
 *
 * @param start a classifier of the same shape to start from, such as one with a stronger l2
 */
export function fitLogistic(
  tf: typeof TensorFlow,
  train: LabelledFeatures,
  { classes, l2, scaling, start }: { classes: number; l2: number; scaling: Scaling; start?: Classifier },
): Classifier {
  const count = countOf(train);
  const inputs = train.dimensions + 1;
  const penalised = train.dimensions * classes;
  const x = standardize(tf, train, scaling); // [N, D + 1]
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(train.labels, "int32"), classes).toFloat() as Tensor2D); // [N, C]
  const objective = (point: Float64Array) => {
    const { losses, slopes } = tf.tidy(() => {
      const w = tf.tensor2d(Float32Array.from(point), [inputs, classes]);
      const logits = tf.matMul(x, w); // [N, C]
      const logProbabilities = tf.logSoftmax(logits);
      const error = tf.sub(tf.exp(logProbabilities), y); // [N, C]
      return {
        losses: tf.neg(tf.sum(tf.mul(y, logProbabilities), 1)).dataSync(), // [N]
        slopes: tf.matMul(x, error as Tensor2D, true, false).dataSync(), // [D + 1, C]
      };
    });
    let value = 0; // summed in float64, so that the line search sees small decreases
    for (const loss of losses) value += loss / count;
    const gradient = Float64Array.from(slopes, (slope) => slope / count);
    for (let i = 0; i < penalised; i++) {
      value += l2 / 2 * point[i]! ** 2;
      gradient[i]! += l2 * point[i]!;
    }
    return { value, gradient };
  };
  const from = start?.weights ?? new Float64Array(inputs * classes);
  const weights = minimize(objective, from, { tolerance: TOLERANCE, iterations: ITERATIONS });
  tf.dispose([x, y]);
  return { weights, classes, scaling };
}

/** Logits [pictures, classes]. */
export function classify(tf: typeof TensorFlow, classifier: Classifier, features: Features): Float32Array {
  const { weights, classes, scaling } = classifier;
  return tf.tidy(() => {
    const w = tf.tensor2d(Float32Array.from(weights), [features.dimensions + 1, classes]);
    return tf.matMul(standardize(tf, features, scaling), w).dataSync() as Float32Array;
  });
}

/** [pictures, dimensions + 1]: the standardised features, and a one for the bias. */
function standardize(tf: typeof TensorFlow, features: Features, { mean, std }: Scaling): Tensor2D {
  const { values, dimensions } = features;
  const count = countOf(features);
  const x = new Float32Array(count * (dimensions + 1));
  for (let row = 0, from = 0, to = 0; row < count; row++) {
    for (let d = 0; d < dimensions; d++) x[to++] = (values[from++]! - mean[d]!) / std[d]!;
    x[to++] = 1;
  }
  return tf.tensor2d(x, [count, dimensions + 1]);
}
