import type { Manifest } from "../../../shared/bundle.ts";
import { dot } from "../../../shared/vector.ts";

/** Share of the pictures that may be taken for a copy of another by chance. */
const BY_CHANCE = 0.01;

/** Vectors whose similarities tell how alike different pictures of the folder are. */
const SAMPLE = 500;

/** Share of pairs in the tail that is looked at: so many that copies among them matter little. */
const TAIL = 0.05;

/**
 * Similarity from which on two pictures of a folder are copies. The bundle's own lets one pair of different pictures in
 * a thousand through: few among twenty pictures, but ten for each among ten thousand. So it is raised as if
 * similarities of different pictures were distributed normally, through the bundle's threshold and a share of the
 * folder's own pairs.
 */
export function folderThreshold(
  vectors: Float32Array[],
  { similarity }: Pick<Manifest, "similarity">,
): number {
  const { copyThreshold, differentPairsAbove } = similarity;
  const rate = BY_CHANCE / vectors.length;
  if (vectors.length < 2 || rate >= differentPairsAbove) return copyThreshold;
  const usual = tailOf(vectors);
  const deviation = (copyThreshold - usual) / (quantile(differentPairsAbove) - quantile(TAIL));
  const raised = copyThreshold + deviation * (quantile(rate) - quantile(differentPairsAbove));
  return Math.min(1, Math.max(copyThreshold, raised));
}

/** Similarity that a share of {@linkcode TAIL} of the pairs exceed. */
function tailOf(vectors: Float32Array[]): number {
  const count = Math.min(SAMPLE, vectors.length);
  const sample = Array.from({ length: count }, (_, i) => vectors[Math.floor(i * vectors.length / count)]!);
  const scores = sample.flatMap((vector, i) => sample.slice(0, i).map((other) => dot(vector, other))).sort((
    a,
    b,
  ) => b - a);
  return scores[Math.floor(TAIL * scores.length)]!;
}

/**
 * Standard deviations that a normal variable exceeds with the given probability, to 0.0005.
 *
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23.
 */
function quantile(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(probability));
  return t - (2.515517 + 0.802853 * t + 0.010328 * t ** 2) /
      (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3);
}
