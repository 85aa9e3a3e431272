import type { TensorMap } from "../checkpoint/safetensors.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { toDevice } from "./encoder.ts";

type Variable = TensorFlow.Variable;

/** SGD with momentum and weight decay on every parameter, batch norm and bias included, as torch.optim.SGD. */
export interface Optimizer {
  /** Momentum buffers, by the parameters' names. */
  buffers: Map<string, Variable>;
  /** Applies gradients that are keyed by the variables' own names (`Variable.name`). */
  apply(gradients: Record<string, TensorFlow.Tensor>, learningRate: TensorFlow.Scalar): void;
  dispose(): void;
}

/** @param state the buffers to go on from; a parameter without one starts at zero, as in PyTorch */
export function createOptimizer(
  tf: typeof TensorFlow,
  parameters: Map<string, Variable>,
  { sgdMomentum, weightDecay }: { sgdMomentum: number; weightDecay: number },
  state: TensorMap,
): Optimizer {
  const buffers = new Map<string, Variable>();
  for (const [name, parameter] of parameters) {
    const saved = state.get(name);
    const initial = tf.tidy(() => saved ? toDevice(tf, saved) : tf.zerosLike(parameter));
    buffers.set(name, tf.variable(initial, false));
    initial.dispose();
  }
  return {
    buffers,
    apply(gradients, learningRate) {
      for (const [name, parameter] of parameters) {
        const gradient = gradients[parameter.name] as TensorFlow.Tensor;
        const buffer = buffers.get(name) as Variable;
        const decayed = tf.add(gradient, tf.mul(parameter, weightDecay));
        buffer.assign(tf.add(tf.mul(buffer, sgdMomentum), decayed));
        parameter.assign(tf.sub(parameter, tf.mul(buffer, learningRate)));
      }
    },
    dispose: () => tf.dispose([...buffers.values()]),
  };
}
