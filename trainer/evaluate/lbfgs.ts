/** A function to minimise: its value and gradient at a point. */
export type Objective = (point: Float64Array) => { value: number; gradient: Float64Array };

const MEMORY = 10; // pairs of steps and changes of gradient
const SUFFICIENT_DECREASE = 1e-4; // Armijo's condition
const HALVINGS = 30;

/**
 * Minimises a convex function by L-BFGS with a backtracking line search, until no component of the gradient exceeds
 * `tolerance`, or rounding hides all progress.
 *
 * Source: Nocedal and Wright, "Numerical optimization", 2nd edition, algorithms 7.4, 7.5 and 3.1.
 */
export function minimize(
  objective: Objective,
  start: Float64Array,
  { tolerance, iterations }: { tolerance: number; iterations: number },
): Float64Array {
  const pairs: { s: Float64Array; y: Float64Array; sy: number }[] = [];
  let point = start;
  let { value, gradient } = objective(point);
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (gradient.every((g) => Math.abs(g) <= tolerance)) break;
    const direction = descend(gradient, pairs);
    const slope = dot(direction, gradient);
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = point, found = { value, gradient };
    let halvings = 0;
    for (; halvings < HALVINGS; halvings++, step /= 2) {
      next = point.map((x, i) => x + step * direction[i]!);
      found = objective(next);
      if (found.value <= value + SUFFICIENT_DECREASE * step * slope) break;
    }
    if (halvings === HALVINGS) break;
    const s = next.map((x, i) => x - point[i]!);
    const y = found.gradient.map((g, i) => g - gradient[i]!);
    const sy = dot(s, y);
    if (sy > 1e-10 * dot(y, y)) pairs.push({ s, y, sy }); // keeps the approximation positive definite
    if (pairs.length > MEMORY) pairs.shift();
    [point, value, gradient] = [next, found.value, found.gradient];
  }
  return point;
}

/** Minus the approximate inverse Hessian times the gradient: the two-loop recursion. */
function descend(
  gradient: Float64Array,
  pairs: { s: Float64Array; y: Float64Array; sy: number }[],
): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { s, y, sy } of pairs.toReversed()) {
    const alpha = dot(s, q) / sy;
    alphas.unshift(alpha);
    add(q, -alpha, y);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = last.sy / dot(last.y, last.y);
    q.forEach((x, i) => q[i] = x * scale);
  }
  pairs.forEach(({ s, y, sy }, i) => add(q, alphas[i]! - dot(y, q) / sy, s));
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** to += factor * x */
function add(to: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * x[i]!;
}
