import type { Embedder } from "./embedder.ts";

const LEVELS = 8; // of each channel: 512 bins

/**
 * A baseline that knows nothing of content: the shares of a picture's pixels in 8 x 8 x 8 boxes of RGB. Square roots,
 * so that the cosine of two is their Bhattacharyya coefficient.
 *
 * @param size side of the pictures in pixels
 */
export function colourHistogram(size: number): Embedder {
  const dimensions = LEVELS ** 3;
  const pictureLength = size * size * 3;
  return {
    dimensions,
    embed(pixels, count) {
      const histograms = new Float32Array(count * dimensions);
      for (let i = 0; i < count * pictureLength; i += 3) {
        const bin = ((pixels[i]! >> 5) * LEVELS + (pixels[i + 1]! >> 5)) * LEVELS + (pixels[i + 2]! >> 5);
        histograms[Math.floor(i / pictureLength) * dimensions + bin]!++;
      }
      return Promise.resolve(histograms.map((pixelCount) => Math.sqrt(pixelCount / (size * size))));
    },
  };
}
