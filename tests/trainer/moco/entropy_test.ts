import { assert, assertAlmostEquals } from "@std/assert";
import { entropyTerm } from "../../../trainer/moco/entropy.ts";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";
import { createInputs, createMoCo } from "./small.ts";

const { tf } = await loadTensorFlow();

type Rows = [TensorFlow.Tensor2D, TensorFlow.Tensor2D, TensorFlow.Tensor2D];

/** For q, k and queue: the term's value and its gradient by q. */
function entropyOf(rows: number[][][]): { value: number; gradient: number[] } {
  const [q, k, queue] = rows.map((each) => tf.tensor2d(each)) as Rows;
  const term = (q: TensorFlow.Tensor2D) => entropyTerm(tf, q, k, tf.matMul(q, queue, false, true));
  const gradient = tf.grad((q) => term(q as TensorFlow.Tensor2D))(q);
  return { value: term(q).dataSync()[0]!, gradient: [...gradient.dataSync()] };
}

// By PyTorch 2.15: own = 4 * eye(2); s = cat([q @ q.T - own, q @ k.T - own, q @ queue.T], 1).max(1).values;
// -(2 - 2 * s).sqrt().log().mean()

Deno.test("entropyTerm() has PyTorch's value and gradient, nearest in the batch's keys or in the queue, own keys left out", () => {
  const { value, gradient } = entropyOf([
    [[1, 0, 0], [0, 0.6, 0.8]],
    [[0, 0.8, 0.6], [0, 0, 1]],
    [[0, 1, 0], [-1, 0, 0], [0.6, 0.8, 0]],
  ]);
  assertAlmostEquals(value, 0.687218, 1e-5);
  [0.375, 0.5, 0, 0, 5, 3.75].forEach((expected, i) => assertAlmostEquals(gradient[i]!, expected, 1e-3));
});

Deno.test("entropyTerm() drives queries apart that are nearer to each other than to any key", () => {
  const { value, gradient } = entropyOf([
    [[1, 0, 0], [0.8, 0.6, 0]],
    [[0, 0.8, 0.6], [0, 0, 1]],
    [[0, 1, 0], [-1, 0, 0], [0, -1, 0]],
  ]);
  assertAlmostEquals(value, 0.458145, 1e-5);
  [2, 1.5, 0, 2.5, 0, 0].forEach((expected, i) => assertAlmostEquals(gradient[i]!, expected, 1e-3));
});

Deno.test("step() adds the entropy term by its weight, and trains by it", () => {
  const losses = [0, 3, 6].map((weight) => {
    const moco = createMoCo(tf);
    const inputs = createInputs(tf);
    const outputs = moco.step(weight === 0 ? inputs : { ...inputs, entropyWeight: tf.scalar(weight) });
    const [loss] = outputs.loss.dataSync();
    const weights = moco.state().get("encoder_q.fc.2.weight")!.data;
    moco.dispose();
    return { loss: loss!, weights };
  });
  const [none, three, six] = losses as [typeof losses[0], typeof losses[0], typeof losses[0]];
  assertAlmostEquals(six!.loss - none!.loss, 2 * (three!.loss - none!.loss), 1e-4);
  const moved = none!.weights.filter((value, i) => Math.abs(value - six!.weights[i]!) > 1e-4).length;
  assert(moved > none!.weights.length / 2, `${moved}`);
});
