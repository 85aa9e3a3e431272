import { covarianceOf } from "./covariance.ts";
import { eigenvalues } from "./eigenvalues.ts";
import { EvaluationError } from "./error.ts";
import { countOf, type Features, normalizeFeatures } from "./features.ts";

/** Pictures that the indicators are taken from, at equal distances: enough for a standard error of a few per cent. */
const SAMPLE = 2048;

/** What features that all point the same way would show. */
export interface CollapseIndicators {
  /** Pictures that were looked at. */
  pictures: number;
  /**
   * Mean over the dimensions of the standard deviation of unit-length features, times sqrt(dimensions): about 1 when they
   * point everywhere, 0 when all are one. Features that are never negative, such as pooled ones, stay below 1.
   *
   * Source: Chen and He, "Exploring simple Siamese representation learning", CVPR 2021, section 4.1.
   */
  spread: number;
  /**
   * Directions in which unit-length features vary: exp of the entropy of the singular values of the centred features,
   * from 1 to `rankLimit`; 0 where nothing varies.
   *
   * Source: Roy and Vetterli, "The effective rank", EUSIPCO 2007.
   */
  effectiveRank: number;
  /** The largest effective rank that there could be: the dimensions, or the pictures less one. */
  rankLimit: number;
  /**
   * log of the mean of exp(-2 d^2) over pairs at distance d: 0 when all features are one, down to about -4 on the sphere.
   *
   * Source: Wang and Isola, "Understanding contrastive representation learning through alignment and uniformity on the
   * hypersphere", ICML 2020.
   */
  uniformity: number;
}

/** Features below either of these are called collapsed. */
export const COLLAPSE_LIMITS = { spread: 0.05, effectiveRank: 2 };

/** Whether nearly all features point one way, or vary along one line at most. */
export function isCollapsed({ spread, effectiveRank }: CollapseIndicators): boolean {
  return spread < COLLAPSE_LIMITS.spread || effectiveRank < COLLAPSE_LIMITS.effectiveRank;
}

/**
 * Measures how far features are from being all the same.
 *
 * @throws {EvaluationError} if there are fewer than two pictures
 */
export function collapseIndicators(features: Features): CollapseIndicators {
  if (countOf(features) < 2) {
    throw new EvaluationError(
      `Cannot measure collapse: two pictures or more are required: received ${countOf(features)}`,
    );
  }
  const { values, dimensions } = normalizeFeatures(sample(features));
  const pictures = values.length / dimensions;
  const uniformity = uniformityOf(values, dimensions);

  const mean = new Float64Array(dimensions);
  values.forEach((x, i) => mean[i % dimensions]! += x / pictures);
  const centred = Float64Array.from(values, (x, i) => x - mean[i % dimensions]!);
  const covariance = covarianceOf(centred, dimensions);
  let spread = 0;
  for (let d = 0; d < dimensions; d++) spread += Math.sqrt(covariance[d * dimensions + d]! / dimensions);
  return {
    ...{ pictures, spread, uniformity },
    effectiveRank: effectiveRank(eigenvalues(covariance, dimensions)),
    rankLimit: Math.min(dimensions, pictures - 1),
  };
}

/** At equal distances, so that every class of a sorted list has its share. */
function sample(features: Features): Features {
  const { values, dimensions } = features;
  const count = countOf(features);
  if (count <= SAMPLE) return features;
  const taken = new Float32Array(SAMPLE * dimensions);
  for (let i = 0; i < SAMPLE; i++) {
    const row = Math.floor(i * count / SAMPLE);
    taken.set(values.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
  }
  return { values: taken, dimensions };
}

/** @param variances the covariance's eigenvalues: squares of the singular values, up to a factor */
function effectiveRank(variances: Float64Array): number {
  const largest = variances.at(-1)!;
  if (largest < 1e-12) return 0; // what rounding to float32 leaves of equal vectors
  // Below float64's precision an eigenvalue is noise, and its square root would not be small.
  const singular = variances.map((v) => v > largest * 1e-14 ? Math.sqrt(v) : 0);
  const sum = singular.reduce((total, s) => total + s, 0);
  let entropy = 0;
  for (const s of singular) if (s > 0) entropy -= s / sum * Math.log(s / sum);
  return Math.exp(entropy);
}

/** @param values of unit length */
function uniformityOf(values: Float32Array, dimensions: number): number {
  let sum = 0, pairs = 0;
  for (let a = 0; a < values.length; a += dimensions) {
    for (let b = 0; b < a; b += dimensions, pairs++) {
      let cosine = 0;
      for (let d = 0; d < dimensions; d++) cosine += values[a + d]! * values[b + d]!;
      sum += Math.exp(-2 * (2 - 2 * cosine));
    }
  }
  return Math.log(sum / pairs);
}
