import type { Manifest } from "../../../shared/bundle.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import type { Encoder } from "../../../shared/encoder.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { preprocess } from "../../../shared/image/preprocess.ts";
import type { Log } from "../log.ts";
import type { Embedding, Store } from "../store/store.ts";
import { singleFlight } from "./single_flight.ts";

export interface EmbedderOptions {
  manifest: Manifest;
  encoder: Encoder;
  store: Store;
  /** Most pixels that a picture's header may announce. */
  maxPixels: number;
  log: Log;
}

export interface EmbedResult {
  embedding: Embedding;
  /** Whether the store had it. */
  cached: boolean;
}

/**
 * Makes the function that turns a picture's bytes into its embedding: from the store if it is there, else through
 * decoding and the encoder. Equal pictures in flight are computed once.
 *
 * A store that fails costs time, not answers: the failure is logged, and the picture is embedded all the same.
 */
export function createEmbedder(
  { manifest, encoder, store, maxPixels, log }: EmbedderOptions,
): (bytes: Uint8Array) => Promise<EmbedResult> {
  const once = singleFlight<EmbedResult>();
  const { preprocessing } = manifest;

  const compute = async (bytes: Uint8Array, sha256: string): Promise<Embedding> => {
    const { pixels, width, height, format } = await decodeImage(bytes, {
      maxPixels,
      cover: preprocessing.size,
    });
    const vector = await encoder.embed(preprocess(pixels, preprocessing), 1);
    return { sha256, width, height, format, vector };
  };
  const logStoreFailure = (error: unknown): undefined => {
    log({ message: "The store failed", error });
  };

  /** @throws {ImageError} if the bytes are not a picture that can be decoded within the limit */
  return async function embed(bytes) {
    const sha256 = await sha256Hex(bytes);
    return await once(sha256, async () => {
      const stored = await store.get(manifest.id, sha256).catch(logStoreFailure);
      if (stored) return { embedding: stored, cached: true };
      const embedding = await compute(bytes, sha256);
      await store.put(manifest.id, embedding).catch(logStoreFailure);
      return { embedding, cached: false };
    });
  };
}
