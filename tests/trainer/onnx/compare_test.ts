import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { compareEmbeddings, copyThreshold } from "../../../trainer/onnx/compare.ts";

/** Unit vectors in the plane at the given angles, in degrees. */
function atAngles(...degrees: number[]): Float32Array {
  return Float32Array.from(
    degrees.flatMap((d) => [Math.cos(d * Math.PI / 180), Math.sin(d * Math.PI / 180)]),
  );
}

Deno.test("compareEmbeddings() finds full agreement when int8 equals float", () => {
  const embeddings = atAngles(0, 80, 200);
  assertEquals(compareEmbeddings(embeddings, embeddings, 2), {
    centredCosine: { mean: 1, firstPercentile: 1, worst: 1 },
    nearestIsOwn: 1,
  });
});

Deno.test("compareEmbeddings() counts an embedding that is nearer to another picture's", () => {
  const { nearestIsOwn } = compareEmbeddings(atAngles(0, 10, 90, 180), atAngles(0, 2, 90, 180), 2);
  assertEquals(nearestIsOwn, 0.75);
});

Deno.test("compareEmbeddings() takes the shared direction out when it measures the cosine", () => {
  // The plain cosines are cos 10 degrees = 0.985; around the mean the two pictures have changed places.
  const { centredCosine } = compareEmbeddings(atAngles(40, 50), atAngles(50, 40), 2);
  assertAlmostEquals(centredCosine.worst, -1, 1e-6);
});

Deno.test("compareEmbeddings() refuses when the two differ in length", () => {
  assertThrows(() => compareEmbeddings(atAngles(0, 1), atAngles(0), 2), RangeError, "received 2 and 1");
});

Deno.test("copyThreshold() is exceeded by the given share of pairs", () => {
  // Pairs of 0, 10, 30, 70 degrees are 10, 20, 30, 40, 60 and 70 degrees apart.
  const { threshold, pairs } = copyThreshold(atAngles(0, 10, 30, 70), 2, 2 / 6);
  assertEquals(pairs, 6);
  assertAlmostEquals(threshold, Math.cos(30 * Math.PI / 180), 1e-6);
});

Deno.test("copyThreshold() is the most similar pair when the share is less than one pair", () => {
  assertAlmostEquals(copyThreshold(atAngles(0, 10, 90), 2, 1e-3).threshold, Math.cos(Math.PI / 18), 1e-6);
});
