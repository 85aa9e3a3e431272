import type { Pixels } from "./pixels.ts";
import { resize } from "./resize.ts";

/** Pixels of each side of a thumbnail. */
export const THUMBNAIL_SIZE = 32;

/** The whole picture squeezed to 32 x 32: [32, 32, 3], sRGB. */
export function thumbnail(pixels: Pixels): Uint8Array {
  return resize(pixels, THUMBNAIL_SIZE, THUMBNAIL_SIZE).data;
}
