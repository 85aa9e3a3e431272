import { averageRows } from "./average_rows.ts";
import type { Box } from "./crop.ts";
import type { Pixels } from "./pixels.ts";
import { resize } from "./resize.ts";

/** Pixels of each side of a thumbnail's luma; its chromas have half of that. */
export const THUMBNAIL_SIZE = 64;
const HALF = THUMBNAIL_SIZE / 2;

/** Length of a thumbnail. Those of other lengths were made by other rules, and are compared with none. */
export const THUMBNAIL_BYTES = THUMBNAIL_SIZE ** 2 + 2 * HALF ** 2;

/** Rows that are left of twice as many and more: averages, which cost a third of squeezing them all. */
const AVERAGED_ROWS = 4 * THUMBNAIL_SIZE;

/**
 * The whole picture squeezed to 64 x 64, as JPEG keeps colours (JFIF): luma [64, 64], then the two chromas [32, 32].
 *
 * @param box where the picture is in its pixels, if they are more
 */
export function thumbnail(pixels: Pixels, box?: Box): Uint8Array {
  const few = pixels.height < 2 * AVERAGED_ROWS ? pixels : averageRows(pixels, AVERAGED_ROWS);
  const scale = few.height / pixels.height;
  const { data } = resize(few, THUMBNAIL_SIZE, THUMBNAIL_SIZE, {
    box: box && { ...box, top: box.top * scale, height: box.height * scale },
  });
  const planes = new Uint8Array(THUMBNAIL_BYTES);
  const chromas = planes.subarray(THUMBNAIL_SIZE ** 2);
  for (let y = 0; y < THUMBNAIL_SIZE; y += 2) {
    for (let x = 0; x < THUMBNAIL_SIZE; x += 2) {
      let blue = 0, red = 0;
      for (const place of [0, 1, THUMBNAIL_SIZE, THUMBNAIL_SIZE + 1]) {
        const at = y * THUMBNAIL_SIZE + x + place;
        const [r, g, b] = [data[at * 3]!, data[at * 3 + 1]!, data[at * 3 + 2]!];
        planes[at] = 0.299 * r + 0.587 * g + 0.114 * b + 0.5;
        blue += -0.1687 * r - 0.3313 * g + 0.5 * b;
        red += 0.5 * r - 0.4187 * g - 0.0813 * b;
      }
      const at = y / 2 * HALF + x / 2;
      chromas[at] = Math.min(255, blue / 4 + 128.5);
      chromas[HALF ** 2 + at] = Math.min(255, red / 4 + 128.5);
    }
  }
  return planes;
}

/** A thumbnail's luma and chromas side by side, with as many chromas as lumas: the three of each pixel are Y, Cb and Cr. */
export function thumbnailPixels(thumbnail: Uint8Array): Pixels {
  const data = new Uint8Array(THUMBNAIL_SIZE ** 2 * 3);
  for (let y = 0, at = 0; y < THUMBNAIL_SIZE; y++) {
    for (let x = 0; x < THUMBNAIL_SIZE; x++, at++) {
      const chroma = THUMBNAIL_SIZE ** 2 + (y >> 1) * HALF + (x >> 1);
      data[at * 3] = thumbnail[at]!;
      data[at * 3 + 1] = thumbnail[chroma]!;
      data[at * 3 + 2] = thumbnail[chroma + HALF ** 2]!;
    }
  }
  return { width: THUMBNAIL_SIZE, height: THUMBNAIL_SIZE, data };
}
