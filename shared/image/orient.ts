import type { Box } from "./crop.ts";
import type { Pixels } from "./pixels.ts";

/** For each EXIF orientation, how the stored picture becomes upright: axes swapped first, then mirrored. */
const TURNS: Record<number, { swap: boolean; mirrorX: boolean; mirrorY: boolean }> = {
  2: { swap: false, mirrorX: true, mirrorY: false },
  3: { swap: false, mirrorX: true, mirrorY: true },
  4: { swap: false, mirrorX: false, mirrorY: true },
  5: { swap: true, mirrorX: false, mirrorY: false },
  6: { swap: true, mirrorX: true, mirrorY: false },
  7: { swap: true, mirrorX: true, mirrorY: true },
  8: { swap: true, mirrorX: false, mirrorY: true },
};

/** Turns a picture upright by its EXIF orientation, 1 to 8 (EXIF 2.3, tag 274). */
export function orient(pixels: Pixels, orientation: number): Pixels {
  const turn = TURNS[orientation];
  if (!turn) return pixels;
  const { swap, mirrorX, mirrorY } = turn;
  const [width, height] = swap ? [pixels.height, pixels.width] : [pixels.width, pixels.height];
  const [stepX, stepY] = swap ? [3 * pixels.width, 3] : [3, 3 * pixels.width];
  const data = new Uint8Array(pixels.data.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = (mirrorY ? height - 1 - y : y) * stepY + (mirrorX ? width - 1 : 0) * stepX;
    const step = mirrorX ? -stepX : stepX;
    for (let x = 0; x < width; x++, from += step) {
      data[to++] = pixels.data[from]!;
      data[to++] = pixels.data[from + 1]!;
      data[to++] = pixels.data[from + 2]!;
    }
  }
  return { width, height, data };
}

/**
 * Where a picture is in its upright pixels, if it fills the first `width` x `height` of them as they are stored: the
 * decoder's blocks may reach beyond its right and lower edge.
 */
export function orientedBox(pixels: Pixels, orientation: number, width: number, height: number): Box {
  const { swap, mirrorX, mirrorY } = TURNS[orientation] ?? { swap: false, mirrorX: false, mirrorY: false };
  const [w, h] = swap ? [height, width] : [width, height];
  return {
    left: mirrorX ? pixels.width - w : 0,
    top: mirrorY ? pixels.height - h : 0,
    width: w,
    height: h,
  };
}
