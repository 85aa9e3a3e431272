import { assertAlmostEquals } from "@std/assert";
import { eigenvalues } from "../../../trainer/evaluate/eigenvalues.ts";

function assertEigenvalues(matrix: number[][], expected: number[]) {
  const found = eigenvalues(Float64Array.from(matrix.flat()), matrix.length);
  expected.forEach((value, i) => assertAlmostEquals(found[i]!, value, 1e-12));
}

Deno.test("eigenvalues() of a diagonal matrix are the diagonal, ascending", () => {
  assertEigenvalues([[3, 0, 0], [0, -1, 0], [0, 0, 2]], [-1, 2, 3]);
  assertEigenvalues([[7]], [7]);
  assertEigenvalues([[0, 0], [0, 0]], [0, 0]);
});

Deno.test("eigenvalues() of the second-difference matrix are 2 - 2 cos(k pi / (n + 1))", () => {
  const n = 9;
  const matrix = Array.from(
    { length: n },
    (_, i) => Array.from({ length: n }, (_, j) => i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0),
  );
  assertEigenvalues(
    matrix,
    Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos((k + 1) * Math.PI / (n + 1))),
  );
});

Deno.test("eigenvalues() of a dense matrix with repeated ones", () => {
  // All ones: n once, 0 otherwise.
  assertEigenvalues(Array.from({ length: 5 }, () => [1, 1, 1, 1, 1]), [0, 0, 0, 0, 5]);
});
