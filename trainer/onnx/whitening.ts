import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { covarianceOf } from "../evaluate/covariance.ts";
import type { Whitening } from "./float_graph.ts";

/**
 * Added to every direction's variance, as a share of the mean variance: directions in which the pictures hardly differ
 * would be blown up otherwise, with what edits do to them. On edited copies 0.5 finds more than 0.01 (docs/encoder.md).
 */
const SHRINKAGE = 0.5;

/**
 * PCA whitening: the directions in which embeddings vary, the widest first, each scaled towards unit variance. Cut to its
 * first dimensions, a whitened embedding keeps those that tell most pictures apart.
 *
 * Source: Jégou and Chum, "Negative evidences and co-occurences in image retrieval", ECCV 2012, section 3.
 *
 * @param embeddings [N, dimensions], of unit L2 norm
 * @param kept directions that are kept
 * @throws {RangeError} if there are more directions than dimensions, or not more pictures than directions
 */
export function fitWhitening(embeddings: Float32Array, dimensions: number, kept: number): Whitening {
  const pictures = embeddings.length / dimensions;
  if (kept > dimensions || kept >= pictures) {
    throw new RangeError(
      `Cannot whiten: at most ${dimensions} dimensions and more pictures than dimensions are required: ` +
        `received ${kept} dimensions and ${pictures} pictures`,
    );
  }
  const mean = new Float64Array(dimensions);
  embeddings.forEach((x, i) => mean[i % dimensions]! += x / pictures);
  const centred = Float64Array.from(embeddings, (x, i) => x - mean[i % dimensions]!);
  const covariance = Matrix.from1DArray(dimensions, dimensions, covarianceOf(centred, dimensions));
  const { realEigenvalues: variances, eigenvectorMatrix: directions } = new EigenvalueDecomposition(
    covariance,
    { assumeSymmetric: true },
  );
  const floor = SHRINKAGE * covariance.trace() / dimensions;
  const order = variances.map((_, i) => i).sort((a, b) => variances[b]! - variances[a]!);

  const weight = new Float32Array(kept * dimensions);
  const bias = new Float32Array(kept);
  for (let row = 0; row < kept; row++) {
    const direction = directions.getColumn(order[row]!);
    const largest = direction.reduce((most, x) => Math.abs(x) > Math.abs(most) ? x : most, 0);
    // An eigenvector's sign is arbitrary: its largest part is made positive.
    const scale = Math.sign(largest) / Math.sqrt(Math.max(0, variances[order[row]!]!) + floor);
    let offset = 0;
    for (let d = 0; d < dimensions; d++) {
      weight[row * dimensions + d] = scale * direction[d]!;
      offset -= scale * direction[d]! * mean[d]!;
    }
    bias[row] = offset;
  }
  return { weight, bias };
}
