import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { folderThreshold } from "../../../functions/embed/dedupe/folder_threshold.ts";
import { RandomStream } from "../../../trainer/data/random.ts";

const DIMENSIONS = 64;
/** Of random directions, one pair in a thousand is as alike as this: 3.09 standard deviations of 1 / 8. */
const similarity = { copyThreshold: 3.0902 / 8, differentPairsAbove: 0.001, pairs: 1 };

function directions(count: number): Float32Array[] {
  const random = new RandomStream(1, 0, 0, "query");
  return Array.from({ length: count }, () => {
    const values = Float32Array.from({ length: DIMENSIONS }, () => random.uniform() + random.uniform() - 1);
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  });
}

Deno.test("folderThreshold() is as high as one match by chance in a hundred pictures wants it", () => {
  // Of 1,000 pictures, 1 pair in 100,000: 4.265 standard deviations of a normal distribution.
  assertAlmostEquals(folderThreshold(directions(1000), { similarity }), 4.265 / 8, 0.015);
});

Deno.test("folderThreshold() is the bundle's own for few pictures, and not raised much by copies", () => {
  const all = directions(1000);
  assertEquals(folderThreshold(all.slice(0, 10), { similarity }), similarity.copyThreshold);
  const copies = all.slice(0, 100).flatMap((vector) => Array.from({ length: 10 }, () => vector));
  const raised = folderThreshold(copies, { similarity }) - folderThreshold(all, { similarity });
  assert(raised < 0.01 && raised > -0.05, `${raised}`);
});
