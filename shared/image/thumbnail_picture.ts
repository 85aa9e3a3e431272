import type { Pixels } from "./pixels.ts";
import { resize } from "./resize.ts";
import { THUMBNAIL_BYTES, THUMBNAIL_SIZE } from "./thumbnail.ts";

const HALF = THUMBNAIL_SIZE / 2;

/** Longest side of the small picture: of a panorama, the other side has fewer pixels than were kept. */
const LONGEST = 256;

/**
 * A thumbnail in the colours and the shape of its picture: 64 pixels on the shorter side, 256 on the longer at most.
 *
 * @param picture the size of the picture that it was made of
 * @returns RGB; undefined for a thumbnail that was made by other rules
 */
export function thumbnailPicture(
  thumbnail: Uint8Array,
  picture: { width: number; height: number },
): Pixels | undefined {
  if (thumbnail.length !== THUMBNAIL_BYTES) return undefined;
  const [shorter, longer] = [picture.width, picture.height].sort((a, b) => a - b) as [number, number];
  const scale = Math.min(THUMBNAIL_SIZE / shorter, LONGEST / longer);
  const [width, height] = [picture.width, picture.height].map((side) =>
    Math.max(1, Math.round(side * scale))
  ) as [number, number];
  return resize(rgbOf(thumbnail), width, height);
}

/** As JPEG has it (JFIF). */
function rgbOf(thumbnail: Uint8Array): Pixels {
  const data = new Uint8ClampedArray(THUMBNAIL_SIZE ** 2 * 3);
  for (let y = 0, at = 0; y < THUMBNAIL_SIZE; y++) {
    for (let x = 0; x < THUMBNAIL_SIZE; x++, at++) {
      const chroma = THUMBNAIL_SIZE ** 2 + (y >> 1) * HALF + (x >> 1);
      const luma = thumbnail[at]!;
      const blue = thumbnail[chroma]! - 128;
      const red = thumbnail[chroma + HALF ** 2]! - 128;
      data[at * 3] = luma + 1.402 * red;
      data[at * 3 + 1] = luma - 0.34414 * blue - 0.71414 * red;
      data[at * 3 + 2] = luma + 1.772 * blue;
    }
  }
  return { width: THUMBNAIL_SIZE, height: THUMBNAIL_SIZE, data: new Uint8Array(data.buffer) };
}
