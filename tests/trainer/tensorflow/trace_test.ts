import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import type { TracingBackend } from "../../../trainer/tensorflow/binding.ts";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";
import { createOperations } from "../../../trainer/tensorflow/operations.ts";
import { printTrace } from "../../../trainer/tensorflow/print_trace.ts";
import { trace, TraceError } from "../../../trainer/tensorflow/trace.ts";

// Each test file is an isolate of its own, and TensorFlow's addon can be loaded in several of one process, in turn
// or at once: no file has to gather the others.
const { tf } = await loadTensorFlow();
const backend = tf.engine().backend as unknown as TracingBackend;

type Program = (x: TensorFlow.Tensor, w: TensorFlow.Variable) => Record<string, TensorFlow.Tensor>;

/** Traces a program of one input x = [1, 2, 3] and one variable w = [4, 5, 6]. */
function traceWith(program: Program) {
  const x = tf.tensor1d([1, 2, 3]);
  const w = tf.variable(tf.tensor1d([4, 5, 6]), false);
  try {
    return trace(tf, new Map([["w", w]]), { x }, ({ x }) => tf.tidy(() => program(x, w))).trace;
  } finally {
    tf.dispose([x, w]);
  }
}

Deno.test("printTrace() shows inputs, variables, steps, assignments and outputs, one a line", async () => {
  const { relu } = createOperations(tf);
  const x = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
  const rate = tf.scalar(0.5);
  const w = tf.variable(tf.tensor1d([1, -1, 1]));
  const { trace: recorded } = trace(tf, new Map([["w", w]]), { x, rate }, ({ x, rate }) =>
    tf.tidy(() => {
      const { value: loss, grads } = tf.variableGrads(
        () => tf.sum(relu(tf.mul(x, w))) as TensorFlow.Scalar,
        [w],
      );
      w.assign(tf.sub(w, tf.mul(grads[w.name] as TensorFlow.Tensor, rate)));
      return { loss, largest: tf.argMax(w) };
    }));
  const snapshot = await Deno.readTextFile(new URL("trace_snapshot.txt", import.meta.url));
  assertEquals(printTrace(recorded), snapshot);
});

Deno.test("trace() leaves a variable out of the assignments when the program only reads it", () => {
  assertEquals(traceWith((x, w) => ({ y: tf.add(x, w) })).assignments.size, 0);
});

Deno.test("trace() throws when the program reads data", () => {
  assertThrows(
    () => traceWith((x) => ({ y: tf.mul(x, tf.sum(x).dataSync()[0] as number) })),
    TraceError,
    "must not read the data",
  );
});

Deno.test("trace() throws when the program uses a tensor from outside", () => {
  const used = tf.tensor1d([1, 1, 1]);
  used.square().dispose(); // its values are with TensorFlow now
  const fresh = tf.tensor1d([2, 2, 2]); // its values are not
  for (const outside of [used, fresh]) {
    const refuse = (program: Program) =>
      assertThrows(() => traceWith(program), TraceError, "a tensor from outside");
    refuse((x) => ({ y: tf.add(x, outside) }));
    refuse(() => ({ y: outside }));
    refuse((x, w) => {
      w.assign(outside as TensorFlow.Tensor1D);
      return { y: tf.add(x, 1) };
    });
  }
});

Deno.test("trace() puts the backend's own binding back when the program succeeds and when it throws", () => {
  const { binding, move } = backend;
  traceWith((x) => ({ y: tf.add(x, 1) }));
  assertStrictEquals(backend.binding, binding);
  assertThrows(() =>
    traceWith(() => {
      throw new RangeError("of the program's own");
    }), RangeError);
  assertThrows(() => traceWith((x) => ({ y: tf.scalar(x.dataSync()[0] as number) })), TraceError);
  assertStrictEquals(backend.binding, binding);
  assertStrictEquals(backend.move, move);
  assertEquals([...tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1).dataSync())], [2, 3]);
});
