import type { Manifest } from "../../../shared/bundle.ts";
import type { Encoder } from "../../../shared/encoder.ts";
import { free } from "../../../shared/free.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { coverOf, preprocess } from "../../../shared/image/preprocess.ts";
import { thumbnail } from "../../../shared/image/thumbnail.ts";
import type { Inference } from "./inference.ts";

/**
 * Decodes, preprocesses and encodes in the thread that asks: what a worker of the pool does, and the whole of it where a
 * platform has no workers.
 *
 * @param maxPixels most pixels that a picture's header may announce
 */
export function createLocalInference(
  { preprocessing }: Manifest,
  encoder: Encoder,
  maxPixels: number,
): Inference {
  return {
    slots: 1,
    /**
     * @throws {ImageError} if the bytes are not a picture that can be decoded within the limit
     * @throws {EncoderError} if the graph does not run
     */
    async infer(bytes) {
      const start = performance.now();
      const { pixels, box, ...image } = await decodeImage(bytes, {
        maxPixels,
        cover: coverOf(preprocessing),
      });
      const decoded = performance.now();
      const input = preprocess(pixels, preprocessing);
      const preprocessed = performance.now();
      const vector = await encoder.embed(input, 1);
      const inferred = performance.now();
      const squeezed = thumbnail(pixels, box);
      free(pixels.data);
      const times = {
        decode: decoded - start,
        preprocess: preprocessed - decoded,
        infer: inferred - preprocessed,
        thumbnail: performance.now() - inferred,
      };
      return { ...image, vector, thumbnail: squeezed, times };
    },
    close() {},
  };
}
