import { assertAlmostEquals, assertEquals } from "@std/assert";
import { nearestNeighbours } from "../../../trainer/following/neighbours.ts";

Deno.test("nearestNeighbours() gives the rows of the highest cosine, whatever the length, without the row itself", () => {
  const values = new Float32Array([1, 0, /**/ 0, 9, /**/ 5, 5, /**/ -2, 0, /**/ 3, 1]);
  const found = nearestNeighbours({ values, dimensions: 2 }, 0, 3);
  assertEquals(found.map(({ row }) => row), [4, 2, 1]);
  [3 / Math.sqrt(10), Math.SQRT1_2, 0].forEach((cosine, i) =>
    assertAlmostEquals(found[i]!.similarity, cosine, 1e-6)
  );
});

Deno.test("nearestNeighbours() gives all others when there are fewer than asked for", () => {
  assertEquals(nearestNeighbours({ values: new Float32Array([1, 2]), dimensions: 1 }, 1, 6).length, 1);
});
