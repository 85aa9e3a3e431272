import type { TensorFlow } from "../../tensorflow/load.ts";
import { countOf, type Features } from "../features.ts";

/** Queries that are compared with all originals at a time. */
const CHUNK = 512;

/** Highest similarities to distractors that a query's level is the mean of. */
const NEAREST = 3;

/**
 * Similarities of all pairs, apart for copies and others.
 *
 * @param queries, references of unit norm
 * @param owners the reference that each query is a copy of; -1 for none. Queries with one come first.
 * @param levels what is taken off each query's scores
 * @returns `copies[i]` is query i with its own reference
 */
export function scorePairs(
  tf: typeof TensorFlow,
  queries: Features,
  references: Features,
  owners: number[],
  levels?: Float32Array,
): { copies: Float32Array; others: Float32Array } {
  const [count, columns] = [owners.length, countOf(references)];
  const owned = owners.filter((owner) => owner >= 0).length;
  const copies = new Float32Array(owned);
  const others = new Float32Array(count * columns - owned);
  let to = 0;
  for (const { first, rows } of similarities(tf, queries, references)) {
    for (let row = 0; row * columns < rows.length; row++) {
      const level = levels?.[first + row] ?? 0;
      for (let column = 0; column < columns; column++) {
        const score = rows[row * columns + column]! - level;
        if (owners[first + row] === column) copies[first + row] = score;
        else others[to++] = score;
      }
    }
  }
  return { copies, others };
}

/**
 * The mean of each query's highest similarities to pictures that it is no copy of.
 *
 * @param madeFrom for each query, the pictures of the background that it was made from: they do not count
 */
export function backgroundLevels(
  tf: typeof TensorFlow,
  queries: Features,
  background: Features,
  madeFrom: readonly number[][],
): Float32Array {
  const columns = countOf(background);
  const levels = new Float32Array(countOf(queries));
  for (const { first, rows } of similarities(tf, queries, background)) {
    for (let row = 0; row * columns < rows.length; row++) {
      const own = rows.slice(row * columns, (row + 1) * columns);
      for (const picture of madeFrom[first + row]!) own[picture] = -Infinity;
      const nearest = own.sort().subarray(-NEAREST).filter(Number.isFinite);
      levels[first + row] = nearest.reduce((sum, score) => sum + score, 0) / nearest.length;
    }
  }
  return levels;
}

/** Chunks of the matrix of dot products, row-major. */
function* similarities(tf: typeof TensorFlow, a: Features, b: Features) {
  const { dimensions } = a;
  for (let first = 0; first < countOf(a); first += CHUNK) {
    const part = a.values.subarray(first * dimensions, (first + CHUNK) * dimensions);
    const rows = tf.tidy(() =>
      tf.matMul(
        tf.tensor2d(part, [part.length / dimensions, dimensions]),
        tf.tensor2d(b.values, [countOf(b), dimensions]),
        false,
        true,
      ).dataSync() as Float32Array
    );
    yield { first, rows };
  }
}
