import { assert, assertEquals } from "@std/assert";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";
import { createOperations } from "../../../trainer/tensorflow/operations.ts";
import { printTrace } from "../../../trainer/tensorflow/print_trace.ts";
import { trace } from "../../../trainer/tensorflow/trace.ts";

const { tf } = await loadTensorFlow();
type Tensor4D = TensorFlow.Tensor4D;

/** Integers of -2..2, whose products and sums bfloat16 has exactly up to 256. */
function integers(shape: [number, number, number, number]): Tensor4D {
  const length = shape.reduce((product, size) => product * size, 1);
  return tf.tensor4d(Float32Array.from({ length }, (_, i) => (13 * i * i + i) % 7 % 5 - 2), shape);
}

const numbers = (tensor: TensorFlow.Tensor) => [...tensor.dataSync()];

Deno.test("convolution() in bfloat16 gives the numbers and gradients of float32 where bfloat16 has them exactly", () => {
  const results = [false, true].map((mixed) => {
    const { convolution } = createOperations(tf, { mixed });
    return [1, 2].map((stride) => {
      const [x, weight] = [integers([2, 6, 6, 3]), integers([3, 3, 3, 4])];
      const y = convolution(x, weight, stride, 1);
      const dy = integers(y.shape);
      const [dx, dw] = tf.grads((x, weight) => convolution(x as Tensor4D, weight, stride, 1))(
        [x, weight],
        dy,
      );
      return [y, dx!, dw!].map((tensor) => ({
        dtype: tensor.dtype,
        shape: tensor.shape,
        numbers: numbers(tensor),
      }));
    });
  });
  assertEquals(results[1], results[0]);
  assert(results[1]!.flat().every(({ numbers }) => new Set(numbers).size > 4), "the numbers hardly differ");
});

Deno.test("convolution() in bfloat16 rounds what it takes in to eight bits", () => {
  const { convolution } = createOperations(tf, { mixed: true });
  const x = tf.fill([1, 1, 1, 1], 1 + 2 ** -12) as Tensor4D;
  const weight = tf.ones([1, 1, 1, 1]);
  assertEquals(numbers(convolution(x, weight, 1, 0)), [1]);
});

Deno.test("convolution() in bfloat16 leaves no tensor behind, and is traced with its casts", () => {
  const { convolution } = createOperations(tf, { mixed: true });
  const [x, weight] = [integers([1, 4, 4, 2]), tf.variable(integers([3, 3, 2, 2]))];
  const program = ({ x }: { x: Tensor4D }) =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => tf.sum(convolution(x, weight, 1, 1)) as TensorFlow.Scalar,
        [weight],
      );
      return { loss: value, gradient: grads[weight.name]! };
    });
  const before = tf.memory().numTensors;
  const { trace: recorded, outputs } = trace(tf, new Map([["weight", weight]]), { x }, program);
  tf.dispose(Object.values(outputs));
  assertEquals(tf.memory().numTensors, before);
  const convolutions = printTrace(recorded).split("\n").filter((line) => /^(Conv2D|output)/.test(line))
    .map((line) => line.replaceAll(/_\d+/g, ""));
  assertEquals(convolutions, [
    "Conv2D(Cast:0, Cast:0): bfloat16[1,4,4,2]",
    "Conv2DBackpropInput(constant, Cast:0, Cast:0): bfloat16[1,4,4,2]",
    "Conv2DBackpropFilter(Cast:0, constant, Cast:0): bfloat16[3,3,2,2]",
    "output loss = Sum:0",
    "output gradient = Cast:0",
  ]);
});
