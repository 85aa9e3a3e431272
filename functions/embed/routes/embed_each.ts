import { pooledMap } from "@std/async/pool";
import { describeError } from "../errors.ts";
import type { EmbedResult } from "../inference/embedder.ts";
import type { PictureSource } from "./picture_source.ts";

/** Pictures of one request that are in memory at a time. Inference does them one after another anyway. */
const AT_A_TIME = 4;

export type Embed = (bytes: Uint8Array, signal: AbortSignal) => Promise<EmbedResult>;

/**
 * Embeds pictures, and tells for each, in their order, what came of it: an embedding, or an error that is the
 * picture's own (4xx).
 *
 * @throws whatever is not a picture's own fault: such a request is to be repeated as a whole, which costs little, since
 * what was embedded is cached
 */
export async function embedEach(
  pictures: PictureSource[],
  embed: Embed,
  signal: AbortSignal,
): Promise<(EmbedResult | Error)[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const embedOne = async (picture: PictureSource): Promise<EmbedResult | Error> => {
    either.throwIfAborted();
    try {
      return await embed(await picture(either), either);
    } catch (error) {
      if (error instanceof Error && describeError(error).status < 500) return error;
      stop.abort(error);
      throw error;
    }
  };
  try {
    return await Array.fromAsync(pooledMap(AT_A_TIME, pictures, embedOne));
  } catch (error) {
    throw either.aborted ? either.reason : error;
  }
}
