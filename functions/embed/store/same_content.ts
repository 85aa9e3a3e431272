import { THUMBNAIL_SIZE } from "../../../shared/image/thumbnail.ts";

/** Side of the square in which differences are averaged: noise of coding cancels out there, a letter does not. */
const SQUARE = 3;

/** Most that a square's mean may differ, on the scale 0..255: so much, and so many times the mean difference of all. */
const LOCAL = 5;
const LOCAL_PER_NOISE = 0.75;

/** Most that the mean of all may differ: more is another brightness or colour. */
const SHIFT = 3;

/** Of red, green and blue: luma, and the two chromas of JPEG (JFIF), in which coding loses most. */
const PLANES = [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]] as const;

/**
 * Whether two thumbnails are of one picture that was saved or scaled again, and not cropped, turned, mirrored, written on
 * or coloured. What coding does is spread over the picture; what people do is at some place much more than elsewhere.
 *
 * The numbers were found on 124 photos with 13 ways of saving them and 22 edits.
 */
export function sameContent(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== THUMBNAIL_SIZE ** 2 * 3 || b.length !== a.length) return false;
  const [luma, ...chromas] = PLANES.map((weights) => differences(a, b, weights));
  const limit = LOCAL + LOCAL_PER_NOISE * mean(luma!.map(Math.abs));
  return [luma!, ...chromas].every((plane) => Math.abs(mean(plane)) <= SHIFT && largestMean(plane) <= limit);
}

function differences(
  a: Uint8Array,
  b: Uint8Array,
  [red, green, blue]: readonly [number, number, number],
): Float32Array {
  return Float32Array.from({ length: THUMBNAIL_SIZE ** 2 }, (_, place) => {
    const i = place * 3;
    return red * (a[i]! - b[i]!) + green * (a[i + 1]! - b[i + 1]!) + blue * (a[i + 2]! - b[i + 2]!);
  });
}

function mean(plane: Float32Array): number {
  return plane.reduce((sum, value) => sum + value, 0) / plane.length;
}

/** The mean of the square in which it is largest, whatever its sign. */
function largestMean(plane: Float32Array): number {
  let largest = 0;
  for (let y = 0; y + SQUARE <= THUMBNAIL_SIZE; y++) {
    for (let x = 0; x + SQUARE <= THUMBNAIL_SIZE; x++) {
      let sum = 0;
      for (let row = y; row < y + SQUARE; row++) {
        for (let column = x; column < x + SQUARE; column++) sum += plane[row * THUMBNAIL_SIZE + column]!;
      }
      largest = Math.max(largest, Math.abs(sum));
    }
  }
  return largest / SQUARE ** 2;
}
