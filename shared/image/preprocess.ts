import type { Preprocessing } from "../bundle.ts";
import type { Pixels } from "./pixels.ts";
import { resize } from "./resize.ts";

/** The picture at the encoder's size, squeezed or cut to its middle as the bundle says: [size, size, 3], uint8. */
export function fitPixels(pixels: Pixels, preprocessing: Preprocessing): Uint8Array {
  const { size } = preprocessing;
  return preprocessing.fit === "crop"
    ? middle(pixels, preprocessing.shorterSide, size).data
    : resize(pixels, size, size).data;
}

/** Pixels of the side that a picture's shorter one is shrunk to: the decoder need not give more. */
export function coverOf(preprocessing: Preprocessing): number {
  return preprocessing.fit === "crop" ? preprocessing.shorterSide : preprocessing.size;
}

/** The encoder's input for one picture: [3, size, size], float32, x = (pixel / 255 - mean) / std. */
export function preprocess(pixels: Pixels, preprocessing: Preprocessing): Float32Array {
  return normalize(fitPixels(pixels, preprocessing), preprocessing);
}

/**
 * The encoder's input for a picture that has its size already.
 *
 * @param data [size, size, 3], uint8
 */
export function normalize(
  data: Uint8Array,
  { size, mean, std }: Pick<Preprocessing, "size" | "mean" | "std">,
): Float32Array {
  const plane = size * size;
  const tensor = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const m = mean[channel]!, s = std[channel]!;
    const values = Float32Array.from({ length: 256 }, (_, value) => (value / 255 - m) / s);
    for (let at = 0, from = channel; at < plane; at++, from += 3) {
      tensor[channel * plane + at] = values[data[from]!]!;
    }
  }
  return tensor;
}

/** torchvision's `Resize(shorterSide)` and `CenterCrop(size)`, of which only the middle is computed. */
function middle(pixels: Pixels, shorterSide: number, size: number): Pixels {
  const { width, height } = pixels;
  const longer = Math.trunc(shorterSide * Math.max(width, height) / Math.min(width, height));
  const [toWidth, toHeight] = width <= height ? [shorterSide, longer] : [longer, shorterSide];
  const window = { left: margin(toWidth, size), top: margin(toHeight, size), width: size, height: size };
  return resize(pixels, toWidth, toHeight, { window });
}

/** Pixels before the middle: half of the rest, and of two halves the even one, as Python's `round` has it. */
function margin(side: number, size: number): number {
  const half = (side - size) / 2;
  const below = Math.floor(half);
  return half > below && below % 2 === 1 ? below + 1 : below;
}
