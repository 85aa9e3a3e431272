import { assertAlmostEquals, assertEquals } from "@std/assert";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";
import { compile } from "../../../trainer/tensorflow/session.ts";
import { trace } from "../../../trainer/tensorflow/trace.ts";

const { tf } = await loadTensorFlow();

interface Inputs {
  x: TensorFlow.Tensor1D;
  /** int32 [1, 1] */
  slot: TensorFlow.Tensor2D;
}

/** A program with what a training step has: gradients, an assigned weight, and a queue that is read, then replaced. */
function createProgram() {
  const w = tf.variable(tf.tensor1d([0.5, -0.25, 1]));
  const queue = tf.variable(tf.tensor2d([[1, 0, 0], [0, 1, 0]]), false);
  const step = ({ x, slot }: Inputs) =>
    tf.tidy(() => {
      const { value: loss, grads } = tf.variableGrads(
        () =>
          tf.mean(
            tf.square(tf.matMul(tf.reshape(tf.mul(w, x), [1, 3]), queue as never, false, true)),
          ) as TensorFlow.Scalar,
        [w],
      );
      const read = tf.sum(queue);
      queue.assign(tf.tensorScatterUpdate(queue, slot, tf.reshape(x, [1, 3])));
      w.assign(tf.sub(w, tf.mul(grads[w.name] as TensorFlow.Tensor, 0.1)));
      return { loss, read };
    });
  return { step, variables: new Map<string, TensorFlow.Variable>([["w", w], ["queue", queue]]) };
}

function inputsOf(step: number): Inputs {
  return {
    x: tf.tensor1d([1 + step, Math.sin(step), 0.5]),
    slot: tf.tensor2d([step % 2], [1, 1], "int32"),
  };
}

const numbers = (tensors: Record<string, TensorFlow.Tensor>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));

/** The graph's optimizer may change the last bit. */
function assertClose(actual: Record<string, number[]>, expected: Record<string, number[]>) {
  assertEquals(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    assertEquals(actual[name]?.length, values.length, name);
    values.forEach((value, i) =>
      assertAlmostEquals(actual[name]?.[i] as number, value, 1e-6 * Math.max(1, Math.abs(value)), name)
    );
  }
}

async function compileProgram() {
  const { step, variables } = createProgram();
  const initial = new Map(
    [...variables].map(([name, variable]) => [name, tf.clone(variable) as TensorFlow.Tensor]),
  );
  const { trace: recorded } = trace(tf, variables, inputsOf(0), step);
  const session = await compile(tf, { step: recorded }, initial);
  tf.dispose([...variables.values(), ...initial.values()]);
  return session;
}

Deno.test("compile() gives the numbers of eager execution over several steps when variables are assigned", async () => {
  const { step, variables } = createProgram();
  const session = await compileProgram();
  for (let i = 0; i < 5; i++) {
    const inputs = inputsOf(i);
    assertClose(numbers(session.run("step", inputs)), numbers(step(inputs)));
    assertClose(numbers(Object.fromEntries(session.read())), numbers(Object.fromEntries(variables)));
  }
  session.dispose();
});

Deno.test("compile() keeps the variables of two sessions apart", async () => {
  const [first, second] = [await compileProgram(), await compileProgram()];
  const untouched = numbers(Object.fromEntries(second.read()));
  first.run("step", inputsOf(3));
  assertEquals(numbers(Object.fromEntries(second.read())), untouched);
  first.dispose();
  assertEquals(numbers(Object.fromEntries(second.read())), untouched);
  second.dispose();
});

Deno.test("compile() leaves no tensor behind but those that the caller is handed", async () => {
  const session = await compileProgram();
  const inputs = inputsOf(1);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) {
    tf.dispose([...Object.values(session.run("step", inputs)), ...session.read().values()]);
  }
  assertEquals(tf.memory().numTensors, before);
  session.dispose();
});
