import { assert, assertAlmostEquals } from "@std/assert";
import { entropyTerm } from "../../../trainer/moco/entropy.ts";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";
import { createInputs, createMoCo } from "./small.ts";

const { tf } = await loadTensorFlow();

Deno.test("entropyTerm() has PyTorch's value and gradient, nearest in the batch or in the queue, own keys left out", () => {
  const q = tf.tensor2d([[1, 0, 0], [0, 0.6, 0.8]]);
  const k = tf.tensor2d([[0, 0.8, 0.6], [0, 0, 1]]);
  const queue = tf.tensor2d([[0, 1, 0], [-1, 0, 0], [0.6, 0.8, 0]]);
  // s = cat([q @ k.T - 2 * eye(2), q @ queue.T], 1).max(1).values; -sqrt(2 - 2 * s).log().mean(), by PyTorch 2.15
  const term = (q: TensorFlow.Tensor2D) => entropyTerm(tf, q, k, tf.matMul(q, queue, false, true));
  assertAlmostEquals(term(q).dataSync()[0]!, 0.687218, 1e-5);
  const gradient = tf.grad((q) => term(q as TensorFlow.Tensor2D))(q).dataSync();
  const expected = [0.375, 0.5, 0, 0, 5, 3.75];
  expected.forEach((value, i) => assertAlmostEquals(gradient[i]!, value, 1e-3));
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
