import type { TensorFlow } from "../tensorflow/load.ts";

type Scalar = TensorFlow.Scalar;
type Tensor2D = TensorFlow.Tensor2D;

/**
 * Minus the mean log of each query's distance to the nearest embedding of another picture, a query or a key of the batch or
 * a key of the queue: the Kozachenko-Leonenko estimate of (minus) the entropy, which spreads embeddings evenly
 * (Sablayrolles et al., ICLR 2019, and for copy detection SSCD, Pizzi et al., CVPR 2022, section 4.1).
 *
 * The other queries must be among them: away from keys alone, which follow slowly, all queries flee together, to one
 * point.
 *
 * @param q, k [N, dim], of unit norm
 * @param l_neg [N, K], dot products of q with the queue
 */
export function entropyTerm(tf: typeof TensorFlow, q: Tensor2D, k: Tensor2D, l_neg: Tensor2D): Scalar {
  const own = tf.mul(tf.eye(q.shape[0]), 4); // [N, N]: puts a query's own embeddings out of reach
  const nearestIn = (others: Tensor2D) => tf.max(tf.sub(tf.matMul(q, others, false, true), own), 1); // [N]
  const nearest = tf.maximum(tf.maximum(nearestIn(q), nearestIn(k)), tf.max(l_neg, 1)); // [N]
  const squared = tf.maximum(tf.sub(2, tf.mul(nearest, 2)), 1e-6); // |a - b|^2 = 2 - 2 a.b for unit vectors
  return tf.mul(tf.mean(tf.log(squared)), -0.5);
}
