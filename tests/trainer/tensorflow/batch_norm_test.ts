import { assertAlmostEquals, assertEquals } from "@std/assert";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";
import { type BatchNormVariables, createOperations } from "../../../trainer/tensorflow/operations.ts";

const { tf } = await loadTensorFlow();
const { batchNormTraining, batchNormInference } = createOperations(tf);

type Tensor = TensorFlow.Tensor;

/** [4, 2, 3, 2]: 24 values in each of two channels, of different means and spreads. */
const x = tf.tensor4d(
  Float32Array.from({ length: 48 }, (_, i) => (i % 2 ? 3 : 0.5) * Math.sin(1 + 1.7 * i) + (i % 2)),
  [4, 2, 3, 2],
);

function createVariables(): BatchNormVariables {
  const variable = (values: number[], trainable = false) => tf.variable(tf.tensor1d(values), trainable);
  return {
    gamma: variable([1.5, 0.5], true),
    beta: variable([-1, 2], true),
    mean: variable([10, 20]),
    variance: variable([30, 40]),
  };
}

/** Batch norm from its definition, on the whole batch. */
function composed(x: Tensor, gamma: Tensor, beta: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), gamma), beta);
}

/** The same, on each of two halves. */
function composedInHalves(x: Tensor, gamma: Tensor, beta: Tensor): Tensor {
  return tf.concat(tf.split(x, 2).map((half) => composed(half, gamma, beta)));
}

function assertClose(actual: Tensor, expected: Tensor, tolerance = 1e-5) {
  assertEquals(actual.shape, expected.shape);
  const values = actual.dataSync();
  expected.dataSync().forEach((value, i) => assertAlmostEquals(values[i] as number, value, tolerance));
}

/** Mean and unbiased variance of one channel of some pictures. */
function moments(from: number, to: number, channel: number): [number, number] {
  const values = [...x.dataSync().subarray(from * 12, to * 12)].filter((_, i) => i % 2 === channel);
  const mean = values.reduce((sum, value) => sum + value) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)];
}

for (const [splits, reference] of [[1, composed], [2, composedInHalves]] as const) {
  Deno.test(`batchNormTraining() equals batch norm composed of moments when the batch has ${splits} parts`, () => {
    const variables = createVariables();
    const expected = reference(x, variables.gamma, variables.beta);
    assertClose(batchNormTraining(x, variables, splits), expected);
  });

  Deno.test(`batchNormTraining() has the gradients of composed batch norm when the batch has ${splits} parts`, () => {
    const { gamma, beta, mean, variance } = createVariables();
    const weights = tf.cos(x); // so that no gradient is zero by symmetry
    const gradients = (f: (x: Tensor, gamma: Tensor, beta: Tensor) => Tensor) =>
      tf.grads((x: Tensor, gamma: Tensor, beta: Tensor) =>
        tf.sum(tf.mul(tf.square(f(x, gamma, beta)), weights))
      )(
        [x, gamma, beta],
      );
    const fused = gradients((x, gamma, beta) =>
      batchNormTraining(
        x as TensorFlow.Tensor4D,
        { gamma, beta, mean, variance } as BatchNormVariables,
        splits,
      )
    );
    gradients(reference).forEach((expected, i) => assertClose(fused[i] as Tensor, expected, 2e-4));
  });
}

Deno.test("batchNormTraining() moves the running statistics a tenth of the way, to the unbiased variance", () => {
  const { mean, variance, ...learned } = createVariables();
  batchNormTraining(x, { mean, variance, ...learned }, 1);
  for (const channel of [0, 1]) {
    const [m, v] = moments(0, 4, channel);
    assertAlmostEquals(mean.dataSync()[channel] as number, 0.9 * [10, 20][channel]! + 0.1 * m, 1e-5);
    assertAlmostEquals(variance.dataSync()[channel] as number, 0.9 * [30, 40][channel]! + 0.1 * v, 1e-5);
  }
});

Deno.test("batchNormTraining() moves the running statistics by the mean of the parts' own when there are several", () => {
  const { mean, variance, ...learned } = createVariables();
  batchNormTraining(x, { mean, variance, ...learned }, 2);
  for (const channel of [0, 1]) {
    const [first, second] = [moments(0, 2, channel), moments(2, 4, channel)];
    const m = (first[0] + second[0]) / 2;
    const v = (first[1] + second[1]) / 2;
    assertAlmostEquals(mean.dataSync()[channel] as number, 0.9 * [10, 20][channel]! + 0.1 * m, 1e-5);
    assertAlmostEquals(variance.dataSync()[channel] as number, 0.9 * [30, 40][channel]! + 0.1 * v, 1e-5);
  }
});

Deno.test("batchNormInference() normalises by the running statistics and leaves them alone", () => {
  const variables = createVariables();
  const { gamma, beta, mean, variance } = variables;
  const expected = tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), gamma), beta);
  assertClose(batchNormInference(x, variables), expected);
  assertEquals([...mean.dataSync(), ...variance.dataSync()], [10, 20, 30, 40]);
});
