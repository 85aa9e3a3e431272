import type { Tensor, TensorMap } from "../checkpoint/safetensors.ts";
import type { Uniform } from "../data/photometric.ts";
import { RandomStream } from "../data/random.ts";
import { type Architecture, convolutions, layOut } from "./architecture.ts";

/**
 * A start as the official code makes it: one encoder with torchvision's initial weights, the key encoder a copy
 * of it (builder.py), and a queue of random directions.
 *
 * @param seed decides all of it; the encoders are the same whatever K is
 * @returns `encoder_q.*`, `encoder_k.*`, `queue` [dim, K]
 */
export function initialState(architecture: Architecture, K: number, seed: number): TensorMap {
  const random = new RandomStream(seed, 0, 0, "start");
  const uniform = () => random.uniform();
  const network = layOut(architecture);
  const encoder: TensorMap = new Map();
  for (const { convolution, batchNorm, in: channels, out, kernel } of convolutions(network)) {
    // torchvision: kaiming_normal_ of mode fan_out for ReLU.
    const deviation = Math.sqrt(2 / (out * kernel * kernel));
    encoder.set(
      `${convolution}.weight`,
      fill([out, channels, kernel, kernel], () => deviation * normal(uniform)),
    );
    encoder.set(`${batchNorm}.weight`, fill([out], () => 1));
    encoder.set(`${batchNorm}.bias`, fill([out], () => 0));
    encoder.set(`${batchNorm}.running_mean`, fill([out], () => 0));
    encoder.set(`${batchNorm}.running_var`, fill([out], () => 1));
  }
  for (const { name, in: features, out } of network.head) {
    // nn.Linear's default: uniform in +-1/sqrt(in), the bias too.
    const bound = 1 / Math.sqrt(features);
    encoder.set(`${name}.weight`, fill([out, features], () => bound * (2 * uniform() - 1)));
    encoder.set(`${name}.bias`, fill([out], () => bound * (2 * uniform() - 1)));
  }
  const state: TensorMap = new Map();
  for (const prefix of ["encoder_q.", "encoder_k."]) {
    for (const [name, tensor] of encoder) state.set(prefix + name, tensor);
  }
  state.set("queue", randomDirections(architecture.dim, K, uniform));
  return state;
}

function fill(shape: number[], value: () => number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Float32Array.from({ length: count }, value) };
}

/** [dim, K] whose columns have unit norm. */
function randomDirections(dim: number, K: number, uniform: Uniform): Tensor {
  const queue = fill([dim, K], () => normal(uniform));
  for (let column = 0; column < K; column++) {
    let sum = 0;
    for (let row = 0; row < dim; row++) sum += (queue.data[row * K + column] as number) ** 2;
    for (let row = 0; row < dim; row++) {
      queue.data[row * K + column] = (queue.data[row * K + column] as number) / Math.sqrt(sum);
    }
  }
  return queue;
}

/** Box and Muller's transform. */
function normal(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
