import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { TensorMap } from "../../../trainer/checkpoint/safetensors.ts";
import { createOptimizer } from "../../../trainer/moco/optimizer.ts";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";

const { tf } = await loadTensorFlow();

/** Gradients of w and b, and the learning rate, of three steps. */
const steps: [number[], number[], number][] = [
  [[1, 0.5, -1], [2], 0.1],
  [[-0.5, 0.25, 3], [-1], 0.05],
  [[0, 1, 1], [0.5], 0.2],
];
/** What torch.optim.SGD(lr, momentum=0.9, weight_decay=0.01) of PyTorch 2.15 makes of w = [1, -2, 0.5], b = [0.25]. */
const expected = [
  { w: [0.899, -2.048, 0.5995], b: [0.04975] },
  { w: [0.8781005, -2.0810761, 0.4939753], b: [0.0096126] },
  { w: [0.8011061, -2.3959875, -0.0869018], b: [-0.2349012] },
];

function create(w: number[], b: number[], state: TensorMap = new Map()) {
  const parameters = new Map<string, TensorFlow.Variable>([
    ["w", tf.variable(tf.tensor1d(w))],
    ["b", tf.variable(tf.tensor1d(b))],
  ]);
  const optimizer = createOptimizer(tf, parameters, { sgdMomentum: 0.9, weightDecay: 0.01 }, state);
  const apply = ([gw, gb, learningRate]: (typeof steps)[number]) => {
    const [w, b] = [parameters.get("w")!.name, parameters.get("b")!.name];
    optimizer.apply({ [w]: tf.tensor1d(gw), [b]: tf.tensor1d(gb) }, tf.scalar(learningRate));
  };
  const values = () => ({ w: [...parameters.get("w")!.dataSync()], b: [...parameters.get("b")!.dataSync()] });
  return { optimizer, apply, values };
}

function assertClose(actual: number[], wanted: number[]) {
  assertEquals(actual.length, wanted.length);
  wanted.forEach((value, i) => assertAlmostEquals(actual[i]!, value, 1e-6));
}

Deno.test("createOptimizer() moves parameters as torch.optim.SGD does over steps of changing learning rate", () => {
  const { apply, values } = create([1, -2, 0.5], [0.25]);
  steps.forEach((step, i) => {
    apply(step);
    assertClose(values().w, expected[i]!.w);
    assertClose(values().b, expected[i]!.b);
  });
});

Deno.test("createOptimizer() goes on as if never stopped when it is given its buffers", () => {
  const first = create([1, -2, 0.5], [0.25]);
  first.apply(steps[0]!);
  const saved: TensorMap = new Map();
  for (const [name, buffer] of first.optimizer.buffers) {
    saved.set(name, { shape: buffer.shape, data: Float32Array.from(buffer.dataSync()) });
  }
  const second = create(first.values().w, first.values().b, saved);
  for (const step of steps.slice(1)) second.apply(step);
  assertClose(second.values().w, expected[2]!.w);
  assertClose(second.values().b, expected[2]!.b);
});
