import { Matrix, solve } from "ml-matrix";
import { resize } from "../../../shared/image/resize.ts";
import { THUMBNAIL_BYTES, THUMBNAIL_SIZE, thumbnailPixels } from "../../../shared/image/thumbnail.ts";

/*
 * Whether two thumbnails show one picture that was saved or scaled again, and not cropped, turned, mirrored, written on
 * or coloured. What coding does is spread over the picture; what people do moves all of it, or is at some place much more
 * than elsewhere. `deno task bench replaceable` measures what passes; the numbers were found there.
 */

/** Most that a corner of one may lie from that of the other, as a share of the side. */
const MOVED = 0.006;

/** Most that contrast may differ, and the means of luma and of the chromas, on the scale 0..255. */
const CONTRAST = 0.06;
const SHIFT = 3;

/** Most that colours may be paler, as a share, beyond what rounding and coding leave of a grey picture's: its square. */
const PALER = 0.35;
const PALEST = 0.5;
/** A chroma without colour. */
const GREY = 128;

/** Most that a square of 2 x 2 may differ in luma: so much, and so many times what three quarters of all stay below. */
const LOCAL = 2;
const LOCAL_PER_NOISE = 1.75;
/** A square of 6 x 6, in chroma. */
const LOCAL_CHROMA = 8;

/** A tenth of a pixel to the side is scaling: differences are counted from what that makes of an edge. */
const EDGE = 0.1;

/** Pictures of this many pixels to one of a thumbnail, and less, are compared at fewer pixels. */
const OVERSAMPLED = 2;
const LEAST_SIDE = 16;

/** Planes of one size, [side, side] each: luma, and the two chromas. */
type Planes = [Float32Array, Float32Array, Float32Array];

/** @param shortest side of both pictures, in pixels: what a smaller one has lost is not asked of the other */
export function sameContent(a: Uint8Array, b: Uint8Array, shortest: number): boolean {
  if (a.length !== THUMBNAIL_BYTES || b.length !== THUMBNAIL_BYTES) return false;
  if (a.every((value, at) => value === b[at])) return true;
  // Scaling moves means by little: most pictures that are no copies are told here, in a hundredth of the time.
  const [meanA, meanB] = [a, b].map((each) => mean(each.subarray(0, THUMBNAIL_SIZE ** 2)));
  if (Math.abs(meanA! - meanB!) > 2 * SHIFT) return false;
  const side = Math.min(THUMBNAIL_SIZE, Math.max(LEAST_SIDE, Math.round(shortest / OVERSAMPLED)));
  const [one, other] = [planesOf(a, side), planesOf(b, side)];
  const [luma, blue, red] = one.map((plane, i) => difference(other[i]!, plane)) as Planes;
  // Those that cost least come first.
  return [luma, blue, red].every((plane) => Math.abs(mean(plane)) <= SHIFT) &&
    [blue, red].every((plane) => largestSquare(plane, side, 6) <= LOCAL_CHROMA) &&
    paling(one, other) <= PALER &&
    isEven(luma, one[0], other[0], side) && isInPlace(one[0], other[0], side);
}

function planesOf(thumbnail: Uint8Array, side: number): Planes {
  const { data } = resize(thumbnailPixels(thumbnail), side, side);
  const planes = [0, 1, 2].map(() => new Float32Array(side ** 2)) as Planes;
  for (let place = 0, at = 0; place < side ** 2; place++) {
    for (const plane of planes) plane[place] = data[at++]!;
  }
  return planes;
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! - b[i]!;
  return out;
}

/** Whether no place differs much more than most, beyond what small shifts make of edges that both have. */
function isEven(luma: Float32Array, a: Float32Array, b: Float32Array, side: number): boolean {
  const [edgesA, edgesB] = [widen(slopes(a, side), side), widen(slopes(b, side), side)];
  const beyond = new Float32Array(luma.length);
  for (const [at, value] of luma.entries()) {
    beyond[at] = Math.sign(value) * Math.max(0, Math.abs(value) - EDGE * Math.min(edgesA[at]!, edgesB[at]!));
  }
  const noise = squares(luma, side, 2).map(Math.abs).sort();
  return largestSquare(beyond, side, 2) <= LOCAL + LOCAL_PER_NOISE * noise[Math.floor(noise.length * 3 / 4)]!;
}

/**
 * Whether the corners lie where they do in the other, and the contrast is the same: the affine motion and the change of
 * contrast that explain the difference best (Lucas and Kanade, 1981).
 */
function isInPlace(a: Float32Array, b: Float32Array, side: number): boolean {
  const [one, other] = [smooth(a, side), smooth(b, side)];
  const between = one.map((value, at) => (value + other[at]!) / 2);
  const level = mean(between);
  const sums = Array.from({ length: 8 }, () => new Float64Array(8)); // its lower triangle, at first
  const products = new Float64Array(8);
  const row = new Float64Array(8);
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const at = y * side + x;
      const across = (between[at + 1]! - between[at - 1]!) / 2;
      const down = (between[at + side]! - between[at - side]!) / 2;
      const [u, v] = [(2 * x + 1) / side - 1, (2 * y + 1) / side - 1];
      row[0] = across;
      row[1] = across * u;
      row[2] = across * v;
      row[3] = down;
      row[4] = down * u;
      row[5] = down * v;
      row[6] = 1;
      row[7] = between[at]! - level;
      const difference = other[at]! - one[at]!;
      for (let i = 0; i < 8; i++) {
        const [value, sum] = [row[i]!, sums[i]!];
        products[i]! += value * difference;
        for (let j = 0; j <= i; j++) sum[j]! += value * row[j]!;
      }
    }
  }
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < i; j++) sums[j]![i] = sums[i]![j]!;
  }
  // Where there is nothing to see, nothing has moved.
  const weak = Matrix.eye(8).mul(0.01 * (side - 2) ** 2);
  const [dx, dxu, dxv, dy, dyu, dyv, , contrast] = solve(
    weak.add(new Matrix(sums)),
    Matrix.columnVector(products),
  )
    .to1DArray() as [number, number, number, number, number, number, number, number];
  const corners = [[0, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]] as const;
  const moved = Math.max(
    ...corners.map(([u, v]) => Math.hypot(dx + dxu * u + dxv * v, dy + dyu * u + dyv * v)),
  );
  return moved <= MOVED * side && Math.abs(contrast) <= CONTRAST;
}

/**
 * By how much the colours of either are paler than the other's, as a share. They are counted from grey, so that a picture of
 * one tint all over has colours too.
 */
function paling(a: Planes, b: Planes): number {
  let ofA = 0, ofB = 0, common = 0;
  for (const plane of [1, 2]) {
    const [one, other] = [a[plane]!, b[plane]!];
    for (let at = 0; at < one.length; at++) {
      const [x, y] = [one[at]! - GREY, other[at]! - GREY];
      ofA += x * x;
      ofB += y * y;
      common += x * y;
    }
  }
  const palest = PALEST * a[1].length;
  return (Math.max(ofA, ofB) - common) / (Math.max(ofA, ofB) + palest);
}

function mean(plane: Float32Array | Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < plane.length; i++) sum += plane[i]!;
  return sum / plane.length;
}

function largestSquare(plane: Float32Array, side: number, square: number): number {
  const means = squares(plane, side, square);
  let most = 0;
  for (let i = 0; i < means.length; i++) most = Math.max(most, Math.abs(means[i]!));
  return most;
}

/** Means of all squares of that many pixels a side. */
function squares(plane: Float32Array, side: number, square: number): Float32Array {
  const row = side + 1;
  const sums = new Float64Array(row ** 2); // of all that lies above and to the left
  for (let y = 0; y < side; y++) {
    for (let x = 0, across = 0; x < side; x++) {
      across += plane[y * side + x]!;
      sums[(y + 1) * row + x + 1] = sums[y * row + x + 1]! + across;
    }
  }
  const places = side - square + 1;
  const means = new Float32Array(places ** 2);
  for (let y = 0, at = 0; y < places; y++) {
    for (let x = 0; x < places; x++, at++) {
      const [above, below] = [y * row + x, (y + square) * row + x];
      means[at] = (sums[below + square]! - sums[below]! - sums[above + square]! + sums[above]!) / square ** 2;
    }
  }
  return means;
}

/** How steep the plane is at each place, in levels per pixel. */
function slopes(plane: Float32Array, side: number): Float32Array {
  return mapAround(
    plane,
    side,
    (p, i, row) => Math.hypot(p[i + 1]! - p[i - 1]!, p[i + row]! - p[i - row]!) / 2,
  );
}

/** The greatest of each place's surroundings. */
function widen(plane: Float32Array, side: number): Float32Array {
  const across = mapAround(plane, side, (p, i) => Math.max(p[i - 1]!, p[i]!, p[i + 1]!));
  return mapAround(across, side, (p, i, row) => Math.max(p[i - row]!, p[i]!, p[i + row]!));
}

/** Weighs each place with its surroundings, 1 2 1 to either side. */
function smooth(plane: Float32Array, side: number): Float32Array {
  const across = mapAround(plane, side, (p, i) => (p[i - 1]! + 2 * p[i]! + p[i + 1]!) / 4);
  return mapAround(across, side, (p, i, row) => (p[i - row]! + 2 * p[i]! + p[i + row]!) / 4);
}

/** @param map from the plane with its edge repeated once around it, a place there, and how far the next row is */
function mapAround(
  plane: Float32Array,
  side: number,
  map: (padded: Float32Array, place: number, row: number) => number,
): Float32Array {
  const row = side + 2;
  const padded = new Float32Array(row ** 2);
  for (let y = 0; y < row; y++) {
    const from = Math.min(side - 1, Math.max(0, y - 1)) * side;
    padded.set(plane.subarray(from, from + side), y * row + 1);
    padded[y * row] = plane[from]!;
    padded[y * row + side + 1] = plane[from + side - 1]!;
  }
  const out = new Float32Array(side ** 2);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at++) out[at] = map(padded, (y + 1) * row + x + 1, row);
  }
  return out;
}
