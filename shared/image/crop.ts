import type { Pixels } from "./pixels.ts";

/** A rectangle of a picture, in pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Cuts a rectangle out of a picture; where that is all of it, the picture itself.
 *
 * @throws {RangeError} if the rectangle is empty or not inside the picture
 */
export function crop(pixels: Pixels, { left, top, width, height }: Box): Pixels {
  if (
    left < 0 || top < 0 || width < 1 || height < 1 || left + width > pixels.width ||
    top + height > pixels.height
  ) {
    throw new RangeError(
      `Cannot crop: a rectangle inside ${pixels.width} x ${pixels.height} is required: ` +
        `received ${width} x ${height} at ${left}, ${top}`,
    );
  }
  if (width === pixels.width && height === pixels.height) return pixels;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * pixels.width + left) * 3;
    data.set(pixels.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}
