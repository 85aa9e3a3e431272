import { largest } from "../largest.ts";

/** How far int8 embeddings are from the float ones of the same pictures. */
export interface Agreement {
  /** Cosine between float and int8 embeddings after subtracting the mean float embedding from both. */
  centredCosine: { mean: number; firstPercentile: number; worst: number };
  /** Share of int8 embeddings whose nearest float embedding, by cosine, is that of the same picture. */
  nearestIsOwn: number;
  /**
   * Of the pictures that are nearest to one by float embeddings, the share that is nearest to it by int8 embeddings too:
   * ten neighbours (all others where there are fewer), mean over the pictures.
   */
  knnAgreement: number;
}

/** Neighbours whose agreement is measured. */
const NEIGHBOURS = 10;

/**
 * Compares the embeddings of the same pictures by the float and by the int8 graph. The mean is subtracted because
 * embeddings of one network share a direction: without it, any two of them look alike.
 *
 * @param float [N, dimensions], of unit L2 norm; so is `int8`
 * @throws {RangeError} if the two do not hold the same number of embeddings, or fewer than two
 */
export function compareEmbeddings(float: Float32Array, int8: Float32Array, dimensions: number): Agreement {
  const count = float.length / dimensions;
  if (int8.length !== float.length || !Number.isInteger(count) || count < 2) {
    throw new RangeError(
      `Cannot compare embeddings: two or more of ${dimensions} dimensions in both are required: received ${
        float.length / dimensions
      } and ${int8.length / dimensions}`,
    );
  }
  const mean = new Float64Array(dimensions);
  float.forEach((x, i) => mean[i % dimensions]! += x / count);

  const cosines = new Float64Array(count);
  const k = Math.min(NEIGHBOURS, count - 1);
  let own = 0, shared = 0;
  for (let n = 0; n < count; n++) {
    cosines[n] = centredCosine(float, int8, mean, n * dimensions);
    if (largest(similarities(int8, n, float, dimensions), 1)[0] === n) own++;
    const neighbours = [float, int8].map((embeddings) => {
      const toOthers = similarities(embeddings, n, embeddings, dimensions);
      toOthers[n] = -Infinity;
      return largest(toOthers, k);
    });
    shared += neighbours[0]!.filter((other) => neighbours[1]!.includes(other)).length;
  }
  cosines.sort();
  return {
    centredCosine: {
      mean: cosines.reduce((sum, c) => sum + c / count, 0),
      firstPercentile: cosines[Math.floor(count / 100)]!,
      worst: cosines[0]!,
    },
    nearestIsOwn: own / count,
    knnAgreement: shared / (count * k),
  };
}

/**
 * The similarity that the given share of pairs of different pictures exceeds: what lies above it is a copy.
 *
 * @param embeddings [N, dimensions], of unit L2 norm, of N different pictures
 * @returns the cosine similarity, and how many pairs it was found among
 * @throws {RangeError} if there are fewer than two embeddings
 */
export function copyThreshold(
  embeddings: Float32Array,
  dimensions: number,
  share: number,
): { threshold: number; pairs: number } {
  const count = embeddings.length / dimensions;
  if (count < 2) {
    throw new RangeError(
      `Cannot find the copy threshold: two or more pictures are required: received ${count}`,
    );
  }
  const pairs = count * (count - 1) / 2;
  const similarities = new Float32Array(pairs);
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) similarities[at++] = dot(embeddings, i, embeddings, j, dimensions);
  }
  similarities.sort();
  const threshold = similarities[pairs - 1 - Math.floor(share * pairs)]!;
  return { threshold: Math.min(1, threshold), pairs };
}

function centredCosine(float: Float32Array, int8: Float32Array, mean: Float64Array, start: number): number {
  let product = 0, a2 = 0, b2 = 0;
  for (let d = 0; d < mean.length; d++) {
    const a = float[start + d]! - mean[d]!;
    const b = int8[start + d]! - mean[d]!;
    product += a * b;
    a2 += a * a;
    b2 += b * b;
  }
  // Rounding may leave the quotient of equal vectors just above one; a vector equal to the mean has no direction.
  return a2 === 0 || b2 === 0 ? 0 : Math.min(1, product / Math.sqrt(a2 * b2));
}

/** The cosine of query `n` to every row of `bank`. */
function similarities(
  queries: Float32Array,
  n: number,
  bank: Float32Array,
  dimensions: number,
): Float64Array {
  return Float64Array.from(
    { length: bank.length / dimensions },
    (_, i) => dot(queries, n, bank, i, dimensions),
  );
}

function dot(a: Float32Array, i: number, b: Float32Array, j: number, dimensions: number): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) sum += a[i * dimensions + d]! * b[j * dimensions + d]!;
  return sum;
}
