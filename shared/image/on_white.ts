import { free } from "../free.ts";
import { toSrgb } from "./colour_profile.ts";
import type { Pixels } from "./pixels.ts";

/** A decoded picture that may be transparent: [height, width, 4], RGBA, not premultiplied. */
export interface TransparentPixels {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
}

/** As {@linkcode layOnWhite} does; the picture's own memory is given back. */
export function takeOntoWhite(picture: TransparentPixels, profile?: Uint8Array): Pixels {
  const pixels = layOnWhite(picture, profile);
  free(picture.data);
  return pixels;
}

/** Converts to sRGB from the embedded profile, if there is one, and lays the picture on white. */
export function layOnWhite({ width, height, data: rgba }: TransparentPixels, profile?: Uint8Array): Pixels {
  const pixels = { width, height, data: new Uint8Array(width * height * 3) };
  const rgb = pixels.data;
  for (let from = 0, to = 0; to < rgb.length; from += 4) {
    rgb[to++] = rgba[from]!;
    rgb[to++] = rgba[from + 1]!;
    rgb[to++] = rgba[from + 2]!;
  }
  if (profile) toSrgb(pixels, profile);
  for (let from = 3, to = 0; to < rgb.length; from += 4, to += 3) {
    const alpha = rgba[from]!;
    if (alpha === 255) continue;
    const white = 255 * (255 - alpha) + 127;
    rgb[to] = (rgb[to]! * alpha + white) / 255;
    rgb[to + 1] = (rgb[to + 1]! * alpha + white) / 255;
    rgb[to + 2] = (rgb[to + 2]! * alpha + white) / 255;
  }
  return pixels;
}
