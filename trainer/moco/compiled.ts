import type { TensorMap } from "../checkpoint/safetensors.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { compile } from "../tensorflow/session.ts";
import { type Trace, trace } from "../tensorflow/trace.ts";
import { hostState, type MoCo, type StepInputs, type StepOutputs } from "./moco.ts";

/** What trains: the method as it is written, run operation by operation, or compiled into one graph. */
export interface Trainer {
  /** One training step. The caller disposes the outputs. */
  step(inputs: StepInputs): StepOutputs;
  /** Everything that training changes, in the official code's names and PyTorch's layouts. */
  state(): TensorMap;
  /** x [N,S,S,3], normalised -> L2-normalised projections [N, dim] by the running statistics. */
  embed(x: TensorFlow.Tensor4D): TensorFlow.Tensor2D;
  dispose(): void;
}

/**
 * What a step does, as data: `printTrace` shows it. Tracing runs the step for real, with what that does to the method's
 * state; the caller disposes the outputs.
 */
export function traceStep(
  tf: typeof TensorFlow,
  moco: MoCo,
  example: StepInputs,
): { trace: Trace; outputs: StepOutputs } {
  return trace(tf, moco.variables(), { ...example }, (inputs) => moco.step(inputs));
}

/**
 * Compiles a method's step and its `embed` into graphs that share variables. Takes the method's state over, and
 * disposes it.
 *
 * @param example inputs of the shapes that every step will have; they are not trained on
 */
export async function compileMoCo(tf: typeof TensorFlow, moco: MoCo, example: StepInputs): Promise<Trainer> {
  const variables = moco.variables();
  // Tracing runs a step for real, so the state from before it is what the session starts from.
  const initial = new Map([...variables].map(([name, variable]) => [name, tf.clone(variable)]));
  const step = traceStep(tf, moco, example);
  const embed = trace(tf, variables, { x: example.im_q }, ({ x }) => ({ embedding: moco.embed(x) }));
  const session = await compile(tf, { step: step.trace, embed: embed.trace }, initial);
  tf.dispose([...Object.values(step.outputs), ...Object.values(embed.outputs), ...initial.values()]);
  moco.dispose();

  const [batch] = example.im_q.shape;
  return {
    step: (inputs) => session.run("step", inputs) as unknown as StepOutputs,
    state() {
      const values = session.read();
      const state = hostState(tf, values);
      tf.dispose([...values.values()]);
      return state;
    },
    embed: (x) =>
      tf.tidy(() => {
        // The graph takes whole batches: a shorter one is filled up with black.
        const [n, size] = x.shape;
        const full = n === batch
          ? x
          : tf.concat([x, tf.zeros([batch - n, size, size, 3])]) as TensorFlow.Tensor4D;
        const embedding = session.run("embed", { x: full }).embedding as TensorFlow.Tensor2D;
        return tf.slice(embedding, [0, 0], [n, -1]);
      }),
    dispose: () => session.dispose(),
  };
}
