/**
 * Eigenvalues of a symmetric matrix, ascending; the matrix is overwritten. Householder's reflections make it
 * tridiagonal, then bisection on Sturm's count finds each eigenvalue to the precision of float64.
 *
 * Source: Golub and Van Loan, "Matrix computations", 4th edition, algorithm 8.3.1 and section 8.4.1.
 *
 * @param matrix [n, n], row-major
 */
export function eigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, offDiagonal } = tridiagonalize(matrix, n);
  // Gershgorin's circles hold every eigenvalue.
  let lowest = Infinity, highest = -Infinity;
  for (let i = 0; i < n; i++) {
    const radius = Math.abs(offDiagonal[i - 1] ?? 0) + Math.abs(offDiagonal[i] ?? 0);
    lowest = Math.min(lowest, diagonal[i]! - radius);
    highest = Math.max(highest, diagonal[i]! + radius);
  }
  return Float64Array.from({ length: n }, (_, k) => {
    let low = lowest, high = highest;
    for (;;) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) return middle;
      if (countBelow(middle, diagonal, offDiagonal) > k) high = middle;
      else low = middle;
    }
  });
}

function tridiagonalize(a: Float64Array, n: number): { diagonal: Float64Array; offDiagonal: Float64Array } {
  const offDiagonal = new Float64Array(Math.max(0, n - 1));
  const v = new Float64Array(n), w = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    let norm = 0;
    for (let i = k + 1; i < n; i++) norm += (v[i] = a[i * n + k]!) ** 2;
    const alpha = v[k + 1]! > 0 ? -Math.sqrt(norm) : Math.sqrt(norm);
    offDiagonal[k] = alpha;
    v[k + 1]! -= alpha;
    let vv = 0;
    for (let i = k + 1; i < n; i++) vv += v[i]! ** 2;
    if (vv === 0) continue; // the column is zero already
    // A <- H A H with H = 1 - 2 v v' / v'v, as a symmetric update of rank two.
    let vw = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1, at = i * n + k + 1; j < n; j++, at++) sum += a[at]! * v[j]!;
      w[i] = 2 * sum / vv;
      vw += v[i]! * w[i]!;
    }
    for (let i = k + 1; i < n; i++) w[i]! -= vw / vv * v[i]!;
    for (let i = k + 1; i < n; i++) {
      for (let j = k + 1, at = i * n + k + 1; j < n; j++, at++) a[at]! -= v[i]! * w[j]! + w[i]! * v[j]!;
    }
  }
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), offDiagonal };
}

/** How many eigenvalues of the tridiagonal matrix lie below `x`: the negative pivots of T - x. */
function countBelow(x: number, diagonal: Float64Array, offDiagonal: Float64Array): number {
  let count = 0, pivot = 1;
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = i === 0 ? 0 : offDiagonal[i - 1]! ** 2;
    pivot = diagonal[i]! - x - (coupling === 0 ? 0 : coupling / pivot);
    if (pivot === 0) pivot = -Number.MIN_VALUE;
    if (pivot < 0) count++;
  }
  return count;
}
