import type { Preprocessing } from "../bundle.ts";
import type { Pixels } from "./pixels.ts";
import { resize } from "./resize.ts";

/** The whole picture squeezed to the encoder's size: [size, size, 3], uint8. */
export function fitPixels(pixels: Pixels, { size }: Preprocessing): Uint8Array {
  return resize(pixels, size, size).data;
}

/** The encoder's input for one picture: [3, size, size], float32, x = (pixel / 255 - mean) / std. */
export function preprocess(pixels: Pixels, preprocessing: Preprocessing): Float32Array {
  const { size, mean, std } = preprocessing;
  const data = fitPixels(pixels, preprocessing);
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
