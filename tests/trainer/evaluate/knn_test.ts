import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { LabelledFeatures } from "../../../trainer/evaluate/features.ts";
import { classScores, evaluateKnn } from "../../../trainer/evaluate/knn.ts";
import { loadTensorFlow } from "../../../trainer/tensorflow/load.ts";
import { golden, test, train } from "./golden.ts";

const { tf } = await loadTensorFlow("cpu");

/** Features in the plane at the given angles, in degrees, and of any length. */
function atAngles(angles: number[], labels: number[], length = 1): LabelledFeatures {
  const radians = angles.map((angle) => angle * Math.PI / 180);
  return {
    values: Float32Array.from(radians.flatMap((r) => [length * Math.cos(r), length * Math.sin(r)])),
    labels: Int32Array.from(labels),
    dimensions: 2,
  };
}

const bank = atAngles([0, 60, 90, 180], [0, 1, 1, 2]);

Deno.test("classScores() sums exp(cosine / T) of the k nearest for each class", () => {
  const query = atAngles([0], [0], 5); // its length is of no effect
  const [scores] = [...classScores(tf, bank, query, { classes: 3, k: 3, T: 0.5 })];
  // Cosines 1, 0.5 and 0; the fourth, -1, is left out.
  const expected = [Math.exp(2), Math.exp(1) + Math.exp(0), 0];
  expected.forEach((score, label) => assertAlmostEquals(scores![label]!, score, 1e-5));
});

Deno.test("classScores() agrees with NumPy", () => {
  const { classes, knn: { k, T, scores: expected } } = golden;
  const scores = [...classScores(tf, train, test, { classes, k, T })];
  assertEquals(scores.length, expected.length);
  scores.flatMap((row) => [...row]).forEach((score, i) => {
    const wanted = expected.flat()[i]!;
    assertAlmostEquals(score, wanted, 1e-5 * wanted); // 0 where no neighbour is of the class
  });
});

Deno.test("evaluateKnn() reduces k when there are fewer pictures, and leaves no tensor behind", () => {
  const before = tf.memory().numTensors;
  let done = 0;
  const queries = atAngles([-10, 80, 100, 181, 190], [0, 1, 1, 2, 0]);
  const result = evaluateKnn(tf, bank, queries, 3, (pictures) => done += pictures);
  assertEquals(result, { k: 4, top1: 0.8 });
  assertEquals(done, 5);
  assertEquals(tf.memory().numTensors, before);
});
