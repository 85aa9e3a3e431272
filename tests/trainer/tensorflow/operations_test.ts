import { assertAlmostEquals, assertEquals } from "@std/assert";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";
import { createOperations } from "../../../trainer/tensorflow/operations.ts";

const { tf } = await loadTensorFlow();
const { convolution, maxPool, gem, relu, linear, normalize, takeRows, replaceRows } = createOperations(tf);

/** Numbers of both signs, none of them twice. */
function waves(shape: [number, number, number, number], seed = 0): TensorFlow.Tensor4D {
  const length = shape.reduce((product, size) => product * size, 1);
  return tf.tensor4d(Float32Array.from({ length }, (_, i) => Math.sin(1 + seed + 1.7 * i)), shape);
}

function assertClose(actual: TensorFlow.Tensor, expected: TensorFlow.Tensor, tolerance = 1e-5) {
  assertEquals(actual.shape, expected.shape);
  const values = actual.dataSync();
  expected.dataSync().forEach((value, i) => assertAlmostEquals(values[i] as number, value, tolerance));
}

Deno.test("convolution() pads both sides alike when its stride is 2", () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [1, 4, 4, 1]);
  const sums = convolution(x, tf.ones([3, 3, 1, 1]), 2, 1);
  // Windows centred on (0,0), (0,2), (2,0), (2,2), as PyTorch's F.conv2d(stride=2, padding=1) has them.
  assertEquals([...sums.dataSync()], [1 + 2 + 5 + 6, 2 + 3 + 4 + 6 + 7 + 8, 5 + 6 + 9 + 10 + 13 + 14, 99]);
});

Deno.test("gem() has the values and gradients of PyTorch", () => {
  const x = tf.tensor4d([0, 1, 2, -1, 0.5, 3, 0, 0.25], [1, 2, 2, 2]);
  // x.clamp(min=1e-6).pow(3).mean((1, 2)).pow(1 / 3), and the gradient of its product with [1, 2], by PyTorch 2.15
  assertClose(gem(x), tf.tensor2d([1.2664, 1.9133], [1, 2]), 1e-4);
  const dx = tf.grad((x) => tf.sum(tf.mul(gem(x as TensorFlow.Tensor4D), [1, 2])))(x);
  assertClose(dx, tf.tensor4d([0, 0.1366, 0.6235, 0, 0.039, 1.2293, 0, 0.0085], [1, 2, 2, 2]), 1e-4);
});

Deno.test("convolution() has the gradients of finite differences when its stride is 1 or 2", () => {
  const x = waves([1, 5, 5, 2]);
  const weight = waves([3, 3, 2, 2], 5);
  for (const stride of [1, 2]) {
    const f = (x: TensorFlow.Tensor, w: TensorFlow.Tensor) =>
      tf.sum(tf.square(convolution(x as TensorFlow.Tensor4D, w, stride, 1)));
    const [dx, dw] = tf.grads(f)([x, weight]) as [TensorFlow.Tensor, TensorFlow.Tensor];
    const slope = (
      input: TensorFlow.Tensor4D,
      at: number,
      value: (moved: TensorFlow.Tensor) => TensorFlow.Tensor,
    ) => {
      const moved = (by: number) => {
        const data = Float32Array.from(input.dataSync());
        data[at] = (data[at] as number) + by;
        return value(tf.tensor4d(data, input.shape)).dataSync()[0] as number;
      };
      return (moved(1e-2) - moved(-1e-2)) / 2e-2; // exact for a quadratic function, but for rounding
    };
    for (const at of [0, 7, 24, 49]) {
      assertAlmostEquals(dx.dataSync()[at] as number, slope(x, at, (moved) => f(moved, weight)), 2e-2);
    }
    for (const at of [0, 9, 20, 35]) {
      assertAlmostEquals(dw.dataSync()[at] as number, slope(weight, at, (moved) => f(x, moved)), 2e-2);
    }
  }
});

Deno.test("maxPool() takes 3x3 windows centred on every other pixel", () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [1, 4, 4, 1]);
  assertEquals([...maxPool(x).dataSync()], [6, 8, 14, 16]);
});

Deno.test("maxPool() hands a window's gradient to its largest pixel", () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [1, 4, 4, 1]);
  const dx = tf.grad((input) => tf.sum(tf.square(maxPool(input as TensorFlow.Tensor4D))))(x);
  const expected = new Array(16).fill(0);
  for (const largest of [6, 8, 14, 16]) expected[largest - 1] = 2 * largest;
  assertEquals([...dx.dataSync()], expected);
});

Deno.test("relu() passes the gradient where its input is positive, and nowhere else", () => {
  const x = tf.tensor1d([-2, 0, 0.5, 3]);
  assertEquals([...relu(x).dataSync()], [0, 0, 0.5, 3]);
  const dx = tf.grad((input) => tf.sum(tf.mul(relu(input), tf.tensor1d([10, 20, 30, 40]))))(x);
  assertEquals([...dx.dataSync()], [0, 0, 30, 40]);
});

Deno.test("linear() multiplies by PyTorch's [out, in] weights and adds the bias", () => {
  const y = linear(tf.tensor2d([[1, 2, 3]]), tf.tensor2d([[1, 0, -1], [2, 1, 0]]), tf.tensor1d([10, 20]));
  assertEquals([...y.dataSync()], [1 - 3 + 10, 2 + 2 + 20]);
});

Deno.test("normalize() gives rows of unit norm, and zeros for a row of zeros", () => {
  const y = normalize(tf.tensor2d([[3, 4], [0, 0], [-1e-3, 0]]));
  assertClose(y, tf.tensor2d([[0.6, 0.8], [0, 0], [-1, 0]]), 1e-6);
});

Deno.test("takeRows() puts rows into the order of the indices", () => {
  const x = tf.tensor2d([[0, 1], [10, 11], [20, 21]]);
  assertEquals([...takeRows(x, tf.tensor1d([2, 0, 1], "int32")).dataSync()], [20, 21, 0, 1, 10, 11]);
});

Deno.test("replaceRows() replaces the rows at the indices and no other", () => {
  const rows = tf.tensor2d([[0, 0], [1, 1], [2, 2], [3, 3]]);
  const replaced = replaceRows(rows, tf.tensor2d([3, 1], [2, 1], "int32"), tf.tensor2d([[30, 31], [10, 11]]));
  assertEquals([...replaced.dataSync()], [0, 0, 10, 11, 2, 2, 30, 31]);
});
