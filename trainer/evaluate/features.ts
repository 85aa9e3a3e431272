/** One vector per picture. */
export interface Features {
  /** [pictures, dimensions], row-major. */
  values: Float32Array;
  dimensions: number;
}

/** Features whose pictures' classes are known. */
export interface LabelledFeatures extends Features {
  /** [pictures]: indices of classes. */
  labels: Int32Array;
}

/** How many pictures the features are of. */
export function countOf({ values, dimensions }: Features): number {
  return values.length / dimensions;
}

/** A copy whose vectors have unit L2 norm, as PyTorch's `F.normalize`: x / max(|x|, 1e-12). */
export function normalizeFeatures({ values, dimensions }: Features): Features {
  const normalized = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += dimensions) {
    let sum = 0;
    for (let i = start; i < start + dimensions; i++) sum += values[i]! ** 2;
    const norm = Math.max(Math.sqrt(sum), 1e-12);
    for (let i = start; i < start + dimensions; i++) normalized[i] = values[i]! / norm;
  }
  return { values: normalized, dimensions };
}

/** The features of the given pictures, in that order. */
export function takeFeatures(
  { values, dimensions, labels }: LabelledFeatures,
  rows: number[],
): LabelledFeatures {
  const taken = new Float32Array(rows.length * dimensions);
  rows.forEach((row, to) =>
    taken.set(values.subarray(row * dimensions, (row + 1) * dimensions), to * dimensions)
  );
  return { values: taken, dimensions, labels: Int32Array.from(rows, (row) => labels[row]!) };
}

/**
 * The share of pairs whose cosine similarity is above a threshold.
 *
 * @param features of unit length
 */
export function shareAbove(features: Features, threshold: number): number {
  const { values, dimensions } = features;
  const count = countOf(features);
  let above = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      let cosine = 0;
      for (let d = 0; d < dimensions; d++) {
        cosine += values[a * dimensions + d]! * values[b * dimensions + d]!;
      }
      if (cosine > threshold) above++;
    }
  }
  return above / (count * (count - 1) / 2);
}
