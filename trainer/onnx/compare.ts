/** How far int8 embeddings are from the float ones of the same pictures. */
export interface Agreement {
  /** Cosine between float and int8 embeddings after subtracting the mean float embedding from both. */
  centredCosine: { mean: number; firstPercentile: number; worst: number };
  /** Share of int8 embeddings whose nearest float embedding, by cosine, is that of the same picture. */
  nearestIsOwn: number;
}

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
  let own = 0;
  for (let n = 0; n < count; n++) {
    cosines[n] = centredCosine(float, int8, mean, n * dimensions);
    if (nearest(float, int8, n, dimensions) === n) own++;
  }
  cosines.sort();
  return {
    centredCosine: {
      mean: cosines.reduce((sum, c) => sum + c / count, 0),
      firstPercentile: cosines[Math.floor(count / 100)]!,
      worst: cosines[0]!,
    },
    nearestIsOwn: own / count,
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

/** The float embedding nearest to int8 embedding `n`. */
function nearest(float: Float32Array, int8: Float32Array, n: number, dimensions: number): number {
  let best = -1, most = -Infinity;
  for (let i = 0; i * dimensions < float.length; i++) {
    const similarity = dot(int8, n, float, i, dimensions);
    if (similarity > most) [most, best] = [similarity, i];
  }
  return best;
}

function dot(a: Float32Array, i: number, b: Float32Array, j: number, dimensions: number): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) sum += a[i * dimensions + d]! * b[j * dimensions + d]!;
  return sum;
}
