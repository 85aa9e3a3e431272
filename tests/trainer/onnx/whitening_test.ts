import { assertAlmostEquals, assertThrows } from "@std/assert";
import { fitWhitening } from "../../../trainer/onnx/whitening.ts";

const COUNT = 400;
/** Along two axes turned by 30 degrees the points vary by 5 and by 1, around (2, -3). */
const points = Float32Array.from({ length: 2 * COUNT }, (_, i) => {
  const turn = Math.PI / 6, t = 2 * Math.PI * Math.floor(i / 2) / COUNT;
  const [a, b] = [5 * Math.SQRT2 * Math.cos(t), Math.SQRT2 * Math.sin(t)] as const;
  return i % 2 === 0
    ? 2 + a * Math.cos(turn) - b * Math.sin(turn)
    : -3 + a * Math.sin(turn) + b * Math.cos(turn);
});

function whiten(kept: number): number[][] {
  const { weight, bias } = fitWhitening(points, 2, kept);
  return Array.from(
    { length: COUNT },
    (_, n) =>
      Array.from(
        bias,
        (offset, row) =>
          offset + weight[2 * row]! * points[2 * n]! + weight[2 * row + 1]! * points[2 * n + 1]!,
      ),
  );
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

Deno.test("fitWhitening() gives directions without correlation, of unit variance but for the shrinkage", () => {
  const whitened = whiten(2);
  const floor = 0.5 * (25 + 1) / 2;
  assertAlmostEquals(mean(whitened.map(([x]) => x!)), 0, 1e-4);
  assertAlmostEquals(mean(whitened.map(([x]) => x! ** 2)), 25 / (25 + floor), 1e-4);
  assertAlmostEquals(mean(whitened.map(([, y]) => y! ** 2)), 1 / (1 + floor), 1e-4);
  assertAlmostEquals(mean(whitened.map(([x, y]) => x! * y!)), 0, 1e-4);
});

Deno.test("fitWhitening() keeps the widest direction when it keeps one", () => {
  const along = whiten(1).map(([x]) => x!);
  // The points lie along 30 degrees.
  const sideways = Array.from(
    { length: COUNT },
    (_, n) => points[2 * n]! * Math.cos(Math.PI / 6) + points[2 * n + 1]! * Math.sin(Math.PI / 6),
  );
  const centre = mean(sideways);
  const floor = 0.5 * (25 + 1) / 2;
  along.forEach((x, n) => assertAlmostEquals(x, (sideways[n]! - centre) / Math.sqrt(25 + floor), 1e-4));
});

Deno.test("fitWhitening() refuses more directions than dimensions, and too few pictures", () => {
  assertThrows(() => fitWhitening(points, 2, 3), RangeError, "received 3 dimensions");
  assertThrows(() => fitWhitening(points.subarray(0, 4), 2, 2), RangeError, "and 2 pictures");
});
