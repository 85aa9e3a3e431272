import type { Bundle } from "../../shared/bundle.ts";
import { createEncoder } from "../../shared/encoder.ts";
import { normalize } from "../../shared/image/preprocess.ts";
import type { Embedder } from "./embedder.ts";

/**
 * A bundle's encoder as the endpoint runs it: in WebAssembly, one picture at a time.
 *
 * @throws {EncoderError} if the runtime cannot load it
 */
export async function bundleEmbedder(bundle: Bundle): Promise<Embedder> {
  const { preprocessing } = bundle.manifest;
  const { size } = preprocessing;
  const encoder = await createEncoder(bundle);
  return {
    dimensions: encoder.dimensions,
    async embed(pixels, count) {
      const vectors = new Float32Array(count * encoder.dimensions);
      const pictureLength = size * size * 3;
      for (let i = 0; i < count; i++) {
        const data = pixels.subarray(i * pictureLength, (i + 1) * pictureLength);
        const input = normalize(data, preprocessing);
        vectors.set(await encoder.embed(input, 1), i * encoder.dimensions);
      }
      return vectors;
    },
  };
}
