import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { LabelledFeatures } from "../../../trainer/evaluate/features.ts";
import { classify, fitLogistic, scalingOf } from "../../../trainer/evaluate/logistic.ts";
import { evaluateProbe, PROBE_FITS } from "../../../trainer/evaluate/probe.ts";
import { loadTensorFlow } from "../../../trainer/tensorflow/load.ts";
import { golden, test, train } from "./golden.ts";

const { tf } = await loadTensorFlow("cpu");

/** Two coordinates of very different size, of which `x < limit` or not is the class, and one that never changes. */
function separable(count: number, shift: number): LabelledFeatures {
  const x = Array.from({ length: count }, (_, i) => Math.sin(i + shift));
  return {
    values: Float32Array.from(x.flatMap((value, i) => [1000 * value, Math.cos(7 * i), 4])),
    labels: Int32Array.from(x, (value) => value < 0 ? 0 : 1),
    dimensions: 3,
  };
}

Deno.test("fitLogistic() agrees with scikit-learn", () => {
  const { classes, logistic: { l2, logits: expected } } = golden;
  const classifier = fitLogistic(tf, train, { classes, l2, scaling: scalingOf(train) });
  const logits = classify(tf, classifier, test);
  // Softmax leaves the sum over the classes free, which scikit-learn has at 0 as well.
  logits.forEach((logit, i) => assertAlmostEquals(logit, expected.flat()[i]!, 2e-3));
});

Deno.test("fitLogistic() ends at the same classifier from another start", () => {
  const { classes, logistic: { l2 } } = golden;
  const scaling = scalingOf(train);
  const strong = fitLogistic(tf, train, { classes, l2: 1, scaling });
  const warm = classify(tf, fitLogistic(tf, train, { classes, l2, scaling, start: strong }), test);
  const cold = classify(tf, fitLogistic(tf, train, { classes, l2, scaling }), test);
  warm.forEach((logit, i) => assertAlmostEquals(logit, cold[i]!, 2e-3));
});

Deno.test("evaluateProbe() separates what a line separates, the same way every time", () => {
  const before = tf.memory().numTensors;
  let fits = 0;
  const run = () => evaluateProbe(tf, separable(200, 0), separable(100, 0.5), 2, () => fits++);
  const result = run();
  assert(result.top1 >= 0.98, JSON.stringify(result));
  assertEquals(fits, PROBE_FITS);
  assertEquals(run(), result);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("evaluateProbe() works when a class has too few pictures to validate with", () => {
  const few = separable(6, 0);
  assertEquals(evaluateProbe(tf, few, few, 2).top1, 1);
});
