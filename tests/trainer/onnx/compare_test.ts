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
    knnAgreement: 1,
  });
});

Deno.test("compareEmbeddings() counts the neighbours that stay, the picture itself aside", () => {
  // Of eleven others ten are a picture's neighbours: only the farthest is not.
  const spread = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110];
  const moved = spread.with(0, 55); // now everybody's neighbour, and has others as its own
  const { knnAgreement } = compareEmbeddings(atAngles(...spread), atAngles(...moved), 2);
  assertAlmostEquals(knnAgreement, neighboursKept(spread, moved), 1e-12);
});

/** The same by sorting whole lists of angles. */
function neighboursKept(before: number[], after: number[]): number {
  const nearest = (angles: number[], own: number) =>
    angles.map((angle, i) => ({ i, away: Math.abs(angle - angles[own]!) }))
      .filter(({ i }) => i !== own).sort((a, b) => a.away - b.away || a.i - b.i).slice(0, 10);
  const kept = before.flatMap((_, own) => {
    const stay = new Set(nearest(after, own).map(({ i }) => i));
    return nearest(before, own).filter(({ i }) => stay.has(i));
  });
  return kept.length / (10 * before.length);
}

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
