import type { Tensor as HostTensor, TensorMap } from "../checkpoint/safetensors.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import type { Operations } from "../tensorflow/operations.ts";
import {
  type Architecture,
  type Block,
  type ConvolutionBatchNorm,
  convolutions,
  layOut,
} from "./architecture.ts";

type Tensor2D = TensorFlow.Tensor2D;
type Tensor4D = TensorFlow.Tensor4D;
type Variable = TensorFlow.Variable;

/** How batch norm takes its statistics: from each of `splits` parts of the batch, or from the running ones. */
export type Mode = { training: true; splits: number } | { training: false };

/** A ResNet with a projection head, whose variables carry the official code's names. */
export interface Encoder {
  /** Learned by gradient (query) or momentum (key): convolution weights HWIO, linear [out, in]. */
  parameters: Map<string, Variable>;
  /** Running means and variances of batch norm. */
  statistics: Map<string, Variable>;
  /** x [N,S,S,3], normalised pixels -> globally pooled features [N, features]. */
  features(x: Tensor4D, mode: Mode): Tensor2D;
  /** x [N,S,S,3] -> projection [N, dim], not normalised. */
  project(x: Tensor4D, mode: Mode): Tensor2D;
  dispose(): void;
}

/**
 * Builds the encoder from tensors in PyTorch's names and layouts.
 *
 * @throws {RangeError} if a tensor is missing or has another shape than the architecture gives it
 */
export function createEncoder(
  tf: typeof TensorFlow,
  operations: Operations,
  architecture: Architecture,
  tensors: TensorMap,
  { trainable }: { trainable: boolean },
): Encoder {
  const { convolution, maxPool, gem, relu, batchNormTraining, batchNormInference, linear } = operations;
  const network = layOut(architecture);
  const parameters = new Map<string, Variable>();
  const statistics = new Map<string, Variable>();

  const take = (name: string, shape: number[], learned: boolean) => {
    const value = requireTensor(tensors, name, shape);
    const initial = tf.tidy(() => toDevice(tf, value));
    (learned ? parameters : statistics).set(name, tf.variable(initial, learned && trainable));
    initial.dispose();
  };
  for (const layer of convolutions(network)) {
    take(`${layer.convolution}.weight`, [layer.out, layer.in, layer.kernel, layer.kernel], true);
    take(`${layer.batchNorm}.weight`, [layer.out], true);
    take(`${layer.batchNorm}.bias`, [layer.out], true);
    take(`${layer.batchNorm}.running_mean`, [layer.out], false);
    take(`${layer.batchNorm}.running_var`, [layer.out], false);
  }
  for (const layer of network.head) {
    take(`${layer.name}.weight`, [layer.out, layer.in], true);
    take(`${layer.name}.bias`, [layer.out], true);
  }
  const parameter = (name: string) => parameters.get(name) as Variable;
  const statistic = (name: string) => statistics.get(name) as Variable;

  function convolutionBatchNorm(x: Tensor4D, layer: ConvolutionBatchNorm, mode: Mode): Tensor4D {
    const y = convolution(x, parameter(`${layer.convolution}.weight`), layer.stride, layer.padding);
    const variables = {
      gamma: parameter(`${layer.batchNorm}.weight`),
      beta: parameter(`${layer.batchNorm}.bias`),
      mean: statistic(`${layer.batchNorm}.running_mean`),
      variance: statistic(`${layer.batchNorm}.running_var`),
    };
    return mode.training ? batchNormTraining(y, variables, mode.splits) : batchNormInference(y, variables);
  }

  function residual(x: Tensor4D, block: Block, mode: Mode): Tensor4D {
    let y = x;
    block.convolutions.forEach((layer, index) => {
      y = convolutionBatchNorm(index === 0 ? y : relu(y), layer, mode);
    });
    const shortcut = block.downsample ? convolutionBatchNorm(x, block.downsample, mode) : x;
    return relu(tf.add(y, shortcut));
  }

  function features(x: Tensor4D, mode: Mode): Tensor2D {
    let y = convolutionBatchNorm(x, network.stem, mode); // [N, S/2, S/2, width] (CIFAR stem: S)
    if (network.stemRelu) y = relu(y);
    if (network.maxPool) y = maxPool(y); // [N, S/4, S/4, width]
    for (const block of network.blocks) y = residual(y, block, mode); // at last [N, S/32, S/32, features]
    return network.pooling === "gem" ? gem(y) : tf.mean(y, [1, 2]); // [N, features]
  }

  function project(x: Tensor4D, mode: Mode): Tensor2D {
    let y = features(x, mode);
    network.head.forEach((layer, index) => {
      y = linear(
        index === 0 ? y : relu(y),
        parameter(`${layer.name}.weight`),
        parameter(`${layer.name}.bias`),
      );
    });
    return y; // [N, dim]
  }

  return {
    parameters,
    statistics,
    features,
    project,
    dispose: () => tf.dispose([...parameters.values(), ...statistics.values()]),
  };
}

function requireTensor(tensors: TensorMap, name: string, shape: number[]): HostTensor {
  const tensor = tensors.get(name);
  if (!tensor || tensor.shape.join() !== shape.join()) {
    const received = tensor ? `[${tensor.shape}]` : "none";
    throw new RangeError(
      `Cannot build the encoder: ${name} of shape [${shape}] is required: received ${received}`,
    );
  }
  return tensor;
}

/** PyTorch's OIHW to TensorFlow's HWIO; other ranks are the same in both. */
export function toDevice(tf: typeof TensorFlow, { shape, data }: HostTensor): TensorFlow.Tensor {
  const tensor = tf.tensor(data, shape);
  return shape.length === 4 ? tf.transpose(tensor, [2, 3, 1, 0]) : tensor;
}

/** Reads variables back in PyTorch's layouts. */
export function toHost(
  tf: typeof TensorFlow,
  variables: Map<string, TensorFlow.Tensor>,
): TensorMap {
  const tensors: TensorMap = new Map();
  for (const [name, variable] of variables) {
    tf.tidy(() => {
      const tensor = variable.rank === 4 ? tf.transpose(variable, [3, 2, 0, 1]) : variable;
      tensors.set(name, { shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) });
    });
  }
  return tensors;
}
