import type { Attribute, Binding } from "./binding.ts";
import type { TensorFlow } from "./load.ts";
import { createMixedConvolution } from "./mixed_convolution.ts";

type Tensor = TensorFlow.Tensor;
type Tensor2D = TensorFlow.Tensor2D;
type Tensor4D = TensorFlow.Tensor4D;
type Variable = TensorFlow.Variable;

/** PyTorch's defaults for `nn.BatchNorm2d`. */
const EPSILON = 1e-5;
const RUNNING_SHARE = 0.1;

/** What the package's backend offers to run one TensorFlow operation; its typings keep it to themselves. */
interface Backend {
  binding: Binding;
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: Tensor[], outputs: number): Tensor[];
}

/** Learned scale and shift of a batch norm, and its running statistics: all of shape [channels]. */
export interface BatchNormVariables {
  gamma: Variable;
  beta: Variable;
  mean: Variable;
  variance: Variable;
}

export type Operations = ReturnType<typeof createOperations>;

/**
 * The operations of a ResNet in TensorFlow's fused kernels, with PyTorch's meaning. Pictures and features are
 * NHWC, convolution weights HWIO.
 *
 * @param mixed whether convolutions compute in bfloat16
 */
export function createOperations(tf: typeof TensorFlow, { mixed = false }: { mixed?: boolean } = {}) {
  const backend = tf.engine().backend as unknown as Backend;
  const { binding } = backend;
  const type = (name: string, value = binding.TF_FLOAT): Attribute => ({
    name,
    type: binding.TF_ATTR_TYPE,
    value,
  });
  const batchNormAttributes: Attribute[] = [
    type("T"),
    type("U"),
    { name: "epsilon", type: binding.TF_ATTR_FLOAT, value: EPSILON },
    { name: "data_format", type: binding.TF_ATTR_STRING, value: "NHWC" },
    { name: "is_training", type: binding.TF_ATTR_BOOL, value: true },
  ];
  const runningShare: Attribute = {
    name: "exponential_avg_factor",
    type: binding.TF_ATTR_FLOAT,
    value: RUNNING_SHARE,
  };

  const convolve = mixed ? createMixedConvolution(tf) : tf.conv2d;

  /** Runs one operation by TensorFlow's name for it; float32 in and out. */
  function run(name: string, attributes: Attribute[], inputs: Tensor[], outputs = 1): Tensor[] {
    return backend.executeMultipleOutputs(name, attributes, inputs, outputs);
  }

  function one(name: string, inputs: Tensor[]): Tensor {
    const [output] = run(name, [type("T")], inputs);
    return output as Tensor;
  }

  /** PyTorch pads both sides alike, also at stride 2, where TensorFlow's 'same' does not. */
  function pad(x: Tensor4D, by: number): Tensor4D {
    return by === 0 ? x : tf.pad(x, [[0, 0], [by, by], [by, by], [0, 0]]);
  }

  /** x [N,H,W,in], weight [kernel,kernel,in,out] -> [N,H',W',out], without bias. */
  function convolution(x: Tensor4D, weight: Tensor, stride: number, padding: number): Tensor4D {
    // At stride 1 the two paddings agree, and 'same' saves the padded copy.
    return stride === 1
      ? convolve(x, weight as Tensor4D, 1, "same")
      : convolve(pad(x, padding), weight as Tensor4D, stride, "valid");
  }

  /** 3x3, stride 2, padding 1. Zeros serve as the padding because x comes out of a ReLU. */
  function maxPool(x: Tensor4D): Tensor4D {
    return tf.maxPool(pad(x, 1), 3, 2, "valid");
  }

  /**
   * Generalized mean over places with p = 3: mean(max(x, 1e-6)^3)^(1/3) (Radenovic, Tolias and Chum, 2018; the floor is
   * that of the official code of SSCD). x [N,H,W,C] -> [N,C]
   */
  function gem(x: Tensor4D): Tensor2D {
    const positive = tf.maximum(x, 1e-6);
    const mean = tf.mean(tf.mul(positive, tf.square(positive)), [1, 2]);
    return tf.exp(tf.div(tf.log(mean), 3));
  }

  /** ReLU whose gradient is one fused kernel; the package composes it of five. */
  function relu<T extends Tensor>(x: T): T {
    const custom = tf.customGrad((input, save) => {
      const y = tf.relu(input as Tensor);
      (save as (tensors: Tensor[]) => void)([y]);
      return {
        value: y,
        gradFunc: (dy: Tensor, saved: Tensor[]) => one("ReluGrad", [dy, saved[0] as Tensor]),
      };
    });
    return custom(x) as T;
  }

  /**
   * Batch norm by the statistics of the batch, or of each of `splits` equal parts of it (what several GPUs would
   * compute: paper, section 3.3, "Shuffling BN"). Moves the running statistics by 0.1, the variance unbiased.
   */
  function batchNormTraining(x: Tensor4D, variables: BatchNormVariables, splits: number): Tensor4D {
    const { mean, variance } = variables;
    const custom = tf.customGrad((input, gamma, beta, save) => {
      const parts = splits === 1 ? [input as Tensor] : tf.split(input as Tensor4D, splits);
      const outputs = parts.map((part) =>
        run(
          "FusedBatchNormV3",
          [...batchNormAttributes, runningShare],
          [part, gamma as Tensor, beta as Tensor, mean, variance],
          6,
        )
      );
      const column = (index: number) => outputs.map((output) => output[index] as Tensor);
      // Assigned here: what a custom gradient's forward makes is disposed when it ends.
      mean.assign(average(column(1)));
      variance.assign(average(column(2)));
      const kept = outputs.map((output, i) => [parts[i] as Tensor, ...output.slice(3)]);
      (save as unknown as (tensors: Tensor[]) => void)([gamma as Tensor, ...kept.flat()]);
      return {
        value: concat(column(0)),
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const scale = saved[0] as Tensor;
          const dys = splits === 1 ? [dy] : tf.split(dy, splits);
          const gradients = dys.map((part, i) => {
            const [input, ...reserved] = saved.slice(1 + 4 * i, 5 + 4 * i) as [Tensor, ...Tensor[]];
            return run("FusedBatchNormGradV3", batchNormAttributes, [part, input, scale, ...reserved], 5);
          });
          const of = (index: number) => gradients.map((gradient) => gradient[index] as Tensor);
          return [concat(of(0)), sum(of(1)), sum(of(2))];
        },
      };
    });
    return custom(x, variables.gamma, variables.beta) as Tensor4D;
  }

  /** Batch norm by the running statistics. */
  function batchNormInference(x: Tensor4D, { gamma, beta, mean, variance }: BatchNormVariables): Tensor4D {
    type T1 = TensorFlow.Tensor1D;
    return tf.batchNorm4d(
      x,
      mean as unknown as T1,
      variance as unknown as T1,
      beta as unknown as T1,
      gamma as unknown as T1,
      EPSILON,
    );
  }

  function concat(parts: Tensor[]): Tensor {
    return parts.length === 1 ? parts[0] as Tensor : tf.concat(parts, 0);
  }

  function sum(parts: Tensor[]): Tensor {
    return parts.length === 1 ? parts[0] as Tensor : tf.addN(parts);
  }

  function average(parts: Tensor[]): Tensor {
    return parts.length === 1 ? parts[0] as Tensor : tf.div(tf.addN(parts), parts.length);
  }

  /** x [N,in], weight [out,in] as PyTorch keeps it, bias [out] -> [N,out]. */
  function linear(x: Tensor2D, weight: Tensor, bias: Tensor): Tensor2D {
    return tf.add(tf.matMul(x, weight as Tensor2D, false, true), bias);
  }

  /** PyTorch's F.normalize over the last axis: x / max(|x|, 1e-12). */
  function normalize(x: Tensor2D): Tensor2D {
    const norm = tf.sqrt(tf.sum(tf.square(x), 1, true));
    return tf.div(x, tf.maximum(norm, 1e-12));
  }

  /** The rows of x [N,...] in the order of `indices` [N]. The package's own gather reads the indices' data first. */
  function takeRows<T extends Tensor>(x: T, indices: Tensor): T {
    const attributes = [type("Tparams"), type("Tindices", binding.TF_INT32), type("Taxis", binding.TF_INT32)];
    const [rows] = run("GatherV2", attributes, [x, indices, tf.scalar(0, "int32")]);
    return rows as T;
  }

  /** rows [K,d] with the rows at `indices` [N,1] replaced by `updates` [N,d]. */
  function replaceRows(rows: Tensor2D, indices: Tensor2D, updates: Tensor2D): Tensor2D {
    return tf.tensorScatterUpdate(rows, indices, updates) as Tensor2D;
  }

  return {
    run,
    convolution,
    maxPool,
    gem,
    relu,
    batchNormTraining,
    batchNormInference,
    linear,
    normalize,
    takeRows,
    replaceRows,
  };
}
