import type { Preprocessing } from "../../../shared/bundle.ts";
import { loadPictures } from "../../data/loader.ts";
import type { PictureSource } from "../../data/picture_source.ts";

/** Side of the thumbnails that are compared, and the mean difference in levels of 255 below which two are one picture. */
const SIDE = 16;
const SAME = 4;

export interface Thumbnail {
  path: string;
  pixels: Uint8Array;
  mean: number;
}

/**
 * Leaves out pictures that are copies of an earlier one, so that none of two originals that look alike counts as a false
 * match of the other's edits: thumbnails of 16 x 16 that differ by less than 4 levels on average.
 *
 * @param known pictures of elsewhere that these must not be copies of either
 * @returns those that are left, in their order
 */
export async function distinctPictures(
  pictures: PictureSource,
  paths: string[],
  workers: number,
  onSkip: (path: string, reason: string) => void,
  known: readonly Thumbnail[] = [],
): Promise<Thumbnail[]> {
  const preprocessing: Preprocessing = { fit: "squeeze", size: SIDE, mean: [0, 0, 0], std: [1, 1, 1] };
  const kept: Thumbnail[] = [];
  for await (const { path, pixels } of loadPictures(pictures, paths, preprocessing, workers, onSkip)) {
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    // Two means that are far apart spare the comparison of all pixels.
    const isLike = (other: Thumbnail) =>
      Math.abs(mean - other.mean) < SAME && difference(pixels, other.pixels) < SAME;
    if (!known.some(isLike) && !kept.some(isLike)) kept.push({ path, pixels, mean });
  }
  return kept;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
