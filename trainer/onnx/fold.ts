import type { TensorMap } from "../checkpoint/safetensors.ts";
import { type ConvolutionBatchNorm, convolutions, type Network } from "../moco/architecture.ts";

const EPSILON = 1e-5; // PyTorch's BatchNorm2d default

/**
 * Folds every batch norm, with its running statistics, into the convolution before it; linear layers pass through.
 * In float64, rounded once at the end.
 *
 * @param weights the encoder's tensors by their `state_dict` names
 * @returns `<layer>.weight` (convolution OIHW, linear [out, in]) and `<layer>.bias` [out] for every layer
 * @throws {RangeError} if a tensor is missing or of another shape than the network's
 */
export function foldBatchNorms(network: Network, weights: TensorMap): TensorMap {
  const folded: TensorMap = new Map();
  for (const layer of convolutions(network)) foldInto(folded, layer, weights);
  for (const { name, in: fanIn, out } of network.head) {
    folded.set(`${name}.weight`, {
      shape: [out, fanIn],
      data: take(weights, `${name}.weight`, [out, fanIn]),
    });
    folded.set(`${name}.bias`, { shape: [out], data: take(weights, `${name}.bias`, [out]) });
  }
  return folded;
}

/** y = gamma (w*x - mean) / sqrt(var + epsilon) + beta = (factor w)*x + (beta - factor mean) */
function foldInto(folded: TensorMap, layer: ConvolutionBatchNorm, weights: TensorMap): void {
  const { convolution, batchNorm, out, kernel } = layer;
  const shape = [out, layer.in, kernel, kernel];
  const weight = take(weights, `${convolution}.weight`, shape);
  const gamma = take(weights, `${batchNorm}.weight`, [out]);
  const beta = take(weights, `${batchNorm}.bias`, [out]);
  const mean = take(weights, `${batchNorm}.running_mean`, [out]);
  const variance = take(weights, `${batchNorm}.running_var`, [out]);

  const factor = Float64Array.from(gamma, (g, o) => g / Math.sqrt(variance[o]! + EPSILON));
  const perChannel = weight.length / out;
  folded.set(`${convolution}.weight`, {
    shape,
    data: weight.map((w, i) => factor[Math.floor(i / perChannel)]! * w),
  });
  folded.set(`${convolution}.bias`, { shape: [out], data: beta.map((b, o) => b - factor[o]! * mean[o]!) });
}

function take(weights: TensorMap, name: string, shape: number[]): Float32Array {
  const tensor = weights.get(name);
  if (!tensor || tensor.shape.join() !== shape.join()) {
    throw new RangeError(
      `Cannot fold the encoder: ${name} of shape [${shape}] is required: received ${
        tensor ? `shape [${tensor.shape}]` : "none"
      }`,
    );
  }
  return tensor.data;
}
